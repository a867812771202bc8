import * as tf from '@tensorflow/tfjs-core';
import {
  adaptStem,
  ConvBlock,
  Downsample,
  FasterViT,
  HatBlock,
  HatLayer,
  Mlp,
  PatchEmbed,
  PosEmbMLPSwinv1D,
  PosEmbMLPSwinv2D,
  SumFusion,
  TokenInitializer,
  TriStreamEncoder,
  WindowAttention,
  type ConvBlockConfig,
  type DownsampleConfig,
  type EncoderInit,
  type FasterViTConfig,
  type HatBlockConfig,
  type HatLayerConfig,
  type MlpConfig,
  type PatchEmbedConfig,
  type PosEmbMLPSwinv1DConfig,
  type PosEmbMLPSwinv2DConfig,
  type TokenInitializerConfig,
  type TriStreamEncoderConfig,
  type WindowAttentionConfig,
} from '@rs/encoders-hat';
import type { Init } from '@rs/nn';
import type { HostTensor } from '@rs/weights';
import { hostCase, moduleCase, type Adapters } from '../adapter.js';
import type { Case, Config } from '../case.js';

const both = (init: Init): EncoderInit => ({ linear: init, conv: init });

/** B,C,N of a Conv1d <-> the package's B,N,C. */
const swapped = (x: tf.Tensor3D): tf.Tensor3D => tf.transpose(x, [0, 2, 1]);

function triStream({ fusion, ...config }: Config, init: Init): TriStreamEncoder {
  if (fusion !== 'sum') throw new Error(`TriStreamEncoder: the cases know the fusion "sum" only, got ${JSON.stringify(fusion)}`);
  return new TriStreamEncoder(
    config as TriStreamEncoderConfig,
    [new SumFusion(), new SumFusion(), new SumFusion(), new SumFusion()],
    both(init),
  );
}

const fasterViTCase = moduleCase({
  build: (config, init) => new FasterViT(config as FasterViTConfig, both(init)),
  call: (model, { x }, mode) => model.call(x, mode),
});

/**
 * Two cases contradict themselves: the gradient of norm.bias is the sum over the pixels of the gradient that reaches stage4 (its
 * cotangent, and what comes through the head), but their reference read that gradient's memory, N,C,H,W, as N,H,W,C. Where a case
 * does so, its cotangent is replaced by the one for which its gradients are right; they are all compared then, as in any case.
 */
function withStage4Cotangent(theCase: Case): Case {
  const { tensors } = theCase;
  const cotangent = tensors.get('cotangent:stage4');
  const biasGradient = tensors.get('grad:param:norm.bias');
  if (!cotangent || !biasGradient) return theCase;
  const [samples, channels, height, width] = cotangent.shape;
  const pixels = height * width;
  const throughHead = headGradient(tensors, samples, channels, pixels);
  const stated = floats(cotangent).map((value, i) => value + throughHead[i]);
  const misread = stated.map((_, i) => {
    const [sample, channel, pixel] = [Math.floor(i / (channels * pixels)), Math.floor(i / pixels) % channels, i % pixels];
    return stated[(sample * pixels + pixel) * channels + channel];
  });
  const contradiction = (gradient: Float32Array): number => {
    const sums = new Float64Array(channels);
    gradient.forEach((value, i) => (sums[Math.floor(i / pixels) % channels] += value));
    return Math.max(...floats(biasGradient).map((value, c) => Math.abs(value - sums[c])));
  };
  if (contradiction(stated) <= contradiction(misread)) return theCase;
  const data = misread.map((value, i) => value - throughHead[i]);
  return { ...theCase, tensors: new Map(tensors).set('cotangent:stage4', { ...cotangent, data }) };
}

/** What reaches stage4 from the cotangent of the logits, through the head and the mean over the pixels: N,C,H,W; 0 without a head. */
function headGradient(tensors: Case['tensors'], samples: number, channels: number, pixels: number): Float32Array {
  const gradient = new Float32Array(samples * channels * pixels);
  const [logits, weight] = [tensors.get('cotangent:logits'), tensors.get('param:head.weight')];
  if (!logits || !weight) return gradient;
  const [cotangents, weights, numClasses] = [floats(logits), floats(weight), weight.shape[0]];
  return gradient.map((_, i) => {
    const [sample, channel] = [Math.floor(i / (channels * pixels)), Math.floor(i / pixels) % channels];
    let sum = 0;
    for (let k = 0; k < numClasses; k++) sum += cotangents[sample * numClasses + k] * weights[k * channels + channel];
    return sum / pixels;
  });
}

const floats = ({ data }: HostTensor): Float32Array => Float32Array.from(data as ArrayLike<number>);

export const adapters: Adapters = {
  'encoders-hat/PosEmbMLPSwinv1D': moduleCase({
    build: (config, init) => new PosEmbMLPSwinv1D(config as PosEmbMLPSwinv1DConfig, init),
    call: (layer, { x }, _mode, { conv }) => (conv ? swapped(layer.call(swapped(x))) : layer.call(x)),
  }),
  'encoders-hat/PosEmbMLPSwinv2D': moduleCase({
    build: (config, init) => new PosEmbMLPSwinv2D(config as PosEmbMLPSwinv2DConfig, init),
    call: (layer, { attention }) => layer.call(attention),
    layouts: () => ({ attention: 'asIs', y: 'asIs' }),
  }),
  'encoders-hat/WindowAttention': moduleCase({
    build: (config, init) => new WindowAttention(config as WindowAttentionConfig, init),
    call: (layer, { x }) => layer.call(x),
  }),
  'encoders-hat/Mlp': moduleCase({ build: (config, init) => new Mlp(config as MlpConfig, init), call: (layer, { x }) => layer.call(x) }),
  'encoders-hat/TokenInitializer': moduleCase({
    build: (config, init) => new TokenInitializer(config as TokenInitializerConfig, init),
    call: (layer, { x }) => layer.call(x),
  }),
  'encoders-hat/ConvBlock': moduleCase({
    build: (config, init) => new ConvBlock(config as ConvBlockConfig, init),
    call: (layer, { x }, mode) => layer.call(x, mode),
  }),
  'encoders-hat/PatchEmbed': moduleCase({
    build: (config, init) => new PatchEmbed(config as PatchEmbedConfig, init),
    call: (layer, { x }, mode) => layer.call(x, mode),
  }),
  'encoders-hat/Downsample': moduleCase({
    build: (config, init) => new Downsample(config as DownsampleConfig, init),
    call: (layer, { x }) => layer.call(x),
  }),
  'encoders-hat/HatBlock': moduleCase({
    build: (config, init) => new HatBlock(config as HatBlockConfig, init),
    call: (block, { x, carrierTokens }, mode) => ({ ...block.call({ x, carrierTokens }, mode) }),
  }),
  'encoders-hat/HatLayer': moduleCase({
    build: (config, init) => new HatLayer(config as HatLayerConfig, both(init)),
    call: (layer, { x }, mode) => layer.call(x, mode),
  }),
  'encoders-hat/FasterViT': (theCase, options) => fasterViTCase(withStage4Cotangent(theCase), options),
  'encoders-hat/TriStreamEncoder': moduleCase({
    build: triStream,
    call: (encoder, { opt, sar }, mode) =>
      Object.fromEntries(
        encoder.call({ opt, sar }, mode).flatMap((stage, i) => [
          [`opt${i + 1}`, stage.opt],
          [`sar${i + 1}`, stage.sar],
          [`cm${i + 1}`, stage.cm],
        ]),
      ),
  }),
  'encoders-hat/adaptStem': hostCase(({ config }, inputs) => ({
    kernel: adaptStem(inputs.get('kernel') as HostTensor, { inChannels: config.inChannels, replicate: config.replicate }),
  })),
};
