import * as tf from '@tensorflow/tfjs-core';
import { Dchf, UNetDecoder, type DchfOutputs, type DchfVariant } from '@rs/dchf';
import { fasterVitInit, fasterVitVariants, TriStreamEncoder, type TriStreamEncoderConfig } from '@rs/encoders-hat';
import { assertShape, Conv2d, kaimingUniformInit, resize, torchInit, xavierUniformInit, type Init, type Mode, type Random } from '@rs/nn';

export type { DchfVariant } from '@rs/dchf';

/** A FasterViT; its resolution [H,W] is that of training, [160,160] by default, and other sizes may come. */
export type EdcStreamConfig = Omit<TriStreamEncoderConfig['encoder'], 'resolution'> & { readonly resolution?: readonly [number, number] };

export interface EdcConfig {
  readonly numClasses: number; // K
  readonly optChannels?: number; // bands of the optical image; default 4
  readonly sarChannels?: number; // polarisations; default 2
  readonly decoderChannels?: readonly number[]; // coarse to fine; default 256, 128, 64, 32
  readonly crHidden?: number; // width inside the cloud removal head; default 64
  readonly cloudRemoval?: boolean; // false: neither decoder nor head for it; default true
  readonly dchf?: DchfVariant; // an ablation of the fusion; default: the paper's
  readonly encoder?: EdcStreamConfig; // of each of the three streams; default FasterViT-0
  readonly outputSize?: readonly [number, number] | null; // of the logits; default null: the size of the input
  readonly init?: 'spec' | 'torch'; // first values of decoders and heads, see the constructor; default spec
}

export interface EdcInputs {
  readonly optical: tf.Tensor4D; // [N,H,W,optChannels]
  readonly sar: tf.Tensor4D; // [N,H,W,sarChannels]
}

export interface EdcOutputs {
  readonly logits: tf.Tensor4D; // [N,H,W,K], or of outputSize
  readonly headLogits: tf.Tensor4D; // [N,h,w,K], before they are resized; h = H/2
  readonly reconstruction?: tf.Tensor4D; // [N,H,W,optChannels] cloud-free image, not clipped; absent without cloud removal
  readonly decoderFeatures: tf.Tensor4D; // [N,h,w,C], what is distilled
  readonly stage4Cm: tf.Tensor4D; // [N,H/32,W/32,C'], the deepest fused features
  readonly attention: readonly tf.Tensor4D[]; // A of stages 1..4, [N,h_i,w_i,1]; empty without spatial gate
  readonly discrepancy: readonly tf.Tensor4D[]; // D of stages 1..4, [N,h_i,w_i,C_i]; empty without spatial gate
}

export interface EdcCallOptions {
  readonly reconstruct?: boolean; // false: skip the cloud removal decoder, for maps alone; default true
}

/**
 * EDC, Meng et al. 2026, Fig. 2: three FasterViT streams, fused stage by stage where optical and SAR features agree, then two decoders,
 *
 *     logits         = resize(ssHead(ssDecoder(cm_1..4)))     land cover, from the fused features
 *     reconstruction = resize(crHead(crDecoder(opt_1..4)))    the image without clouds, from the refined optical features
 */
export class EDC {
  readonly encoder: TriStreamEncoder<DchfOutputs>;
  readonly ssDecoder: UNetDecoder;
  readonly ssHead: Conv2d;
  readonly crDecoder?: UNetDecoder;
  readonly crHead?: readonly [Conv2d, Conv2d];
  readonly #outputSize: readonly [number, number] | null;

  /**
   * The streams start as published (without ImageNet weights: load them into `encoder.opt`, `.sar`, `.cm`), the fusion from PyTorch's
   * defaults. The paper does not say how decoders and heads start: `spec` takes He uniform for the decoders, Xavier uniform and zero
   * biases for the heads; `torch` PyTorch's defaults for both, which the reference values of the synthetic world come from. There, after 400
   * steps with cloud removal but no distillation, seed 0: PSNR 24.5 dB, mIoU 62.9 from `spec`; 25.8 dB, 64.7 from `torch`; reference over
   * three seeds 25.80 +- 0.22 dB, 64.2 +- 1.2. EDC* does not tell them apart: 64.4, 65.3; reference 64.8 +- 0.3.
   */
  constructor(config: EdcConfig, random: Random) {
    const { numClasses, optChannels = 4, sarChannels = 2, decoderChannels = [256, 128, 64, 32], crHidden = 64 } = config;
    const { cloudRemoval = true, dchf = {}, encoder = fasterVitVariants[0], outputSize = null, init = 'spec' } = config;
    const streams = { optChannels, sarChannels, encoder: { resolution: [160, 160], ...encoder } as const };
    const channels = [1, 2, 4, 8].map((factor) => factor * encoder.dim);
    const features = decoderChannels[decoderChannels.length - 1];
    const inits = {
      fusion: torchInit(random.fork()),
      decoder: (init === 'spec' ? kaimingUniformInit : torchInit)(random.fork()),
      head: (init === 'spec' ? xavierUniformInit : torchInit)(random.fork()),
    };
    const fusion = (stage: number): Dchf => new Dchf({ ...dchf, channels: channels[stage], first: stage === 0 }, inits.fusion);
    const decoder = (): UNetDecoder => new UNetDecoder({ encoderChannels: channels, decoderChannels }, inits.decoder);
    this.#outputSize = outputSize;
    this.encoder = new TriStreamEncoder(streams, [fusion(0), fusion(1), fusion(2), fusion(3)], fasterVitInit(random.fork()));
    this.ssDecoder = decoder();
    this.ssHead = conv3x3(features, numClasses, inits.head);
    if (cloudRemoval) {
      this.crDecoder = decoder();
      this.crHead = [conv3x3(features, crHidden, inits.head), conv3x3(crHidden, optChannels, inits.head)];
    }
  }

  /** @throws RangeError when optical and sar do not have one size, or not the channels they were configured with */
  call({ optical, sar }: EdcInputs, mode: Mode, { reconstruct = true }: EdcCallOptions = {}): EdcOutputs {
    assertShape('EDC: optical', optical, [null, null, null, this.encoder.opt.patchEmbed.convDown[0].weight.shape[2]]);
    const [n, h, w] = optical.shape;
    assertShape('EDC: sar', sar, [n, h, w, this.encoder.sar.patchEmbed.convDown[0].weight.shape[2]]);
    return tf.tidy(() => {
      const stages = this.encoder.call({ opt: optical, sar }, mode);
      const decoderFeatures = this.ssDecoder.call(stages.map(({ cm }) => cm), mode); // prettier-ignore
      const headLogits = this.ssHead.call(decoderFeatures);
      const reconstruction = reconstruct ? this.reconstruction(stages, [h, w], mode) : undefined;
      return {
        logits: resize(headLogits, { size: this.#outputSize ?? [h, w], mode: 'bilinear' }),
        headLogits,
        ...(reconstruction && { reconstruction }),
        decoderFeatures,
        stage4Cm: stages[3].cm,
        attention: stages.flatMap(({ attention }) => attention ?? []),
        discrepancy: stages.flatMap(({ discrepancy }) => discrepancy ?? []),
      };
    });
  }

  private reconstruction(stages: readonly DchfOutputs[], size: [number, number], mode: Mode): tf.Tensor4D | undefined {
    if (!this.crDecoder || !this.crHead) return undefined;
    const features = this.crDecoder.call(stages.map(({ opt }) => opt), mode); // prettier-ignore
    const image = this.crHead[1].call(this.crHead[0].call(features)); // no activation in between or after
    return resize(image, { size, mode: 'bilinear' });
  }
}

const conv3x3 = (inChannels: number, outChannels: number, init: Init): Conv2d =>
  new Conv2d({ inChannels, outChannels, kernelSize: 3, padding: 1 }, init);
