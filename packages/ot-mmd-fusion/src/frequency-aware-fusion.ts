import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, truncatedNormalInit, xavierUniformInit, type Random } from '@rs/nn';
import { adaptiveFilter, normalisedKernels, type FilterPadding } from './adaptive-filter.js';

export interface FrequencyAwareFusionConfig {
  readonly hrChannels: number; // of the finer map
  readonly lrChannels: number; // of the coarser map
  readonly compressedChannels?: number; // that the filters are predicted from; default 64
  readonly lowpassKernel?: number; // odd; default 5
  readonly highpassKernel?: number; // odd; default 3
  readonly padding?: FilterPadding; // of the maps that are filtered; default reflect, which needs maps larger than half a kernel
}

export interface FrequencyAwareMaps {
  readonly hr: tf.Tensor4D; // [N,2h,2w,hrChannels], its high frequencies sharpened
  readonly lrUp: tf.Tensor4D; // [N,2h,2w,lrChannels]
}

/**
 * Two maps of which one is half the size of the other brought together by filters predicted at each pixel, Chen et al. 2024 (FreqFusion, without the
 * offset generator): a low-pass filter enlarges the coarse map, a high-pass filter sharpens the fine one.
 *
 *     a = compress(hr), b = compress(lr);  H = E_h(a), a := 2a - filter(a, N(H))
 *     L = E_l(a), L := L + filter(E_l(b), N(L)), K_l = N(L);  H := H + filter(E_h(b), K_l), K_h = N(H)
 *     lrUp = filter(lr, K_l),  hr := 2 hr - filter(hr, K_h)
 */
export class FrequencyAwareFusion {
  readonly hrChannelCompressor: Conv2d;
  readonly lrChannelCompressor: Conv2d;
  readonly contentEncoder: Conv2d; // E_l, low-pass
  readonly contentEncoder2: Conv2d; // E_h, high-pass
  readonly #padding: FilterPadding;

  /** @throws RangeError when a kernel is not odd */
  constructor(config: FrequencyAwareFusionConfig, random: Random) {
    const { hrChannels, lrChannels, compressedChannels = 64, lowpassKernel = 5, highpassKernel = 3, padding = 'reflect' } = config;
    for (const [name, size] of Object.entries({ lowpassKernel, highpassKernel })) {
      if (!Number.isInteger(size) || size < 1 || size % 2 === 0) {
        throw new RangeError(`FrequencyAwareFusion: ${name} must be an odd number of pixels, got ${size}`);
      }
    }
    const xavier = xavierUniformInit(random);
    const small = truncatedNormalInit(random, { std: 0.001 }); // the cut at +-2 is out of reach
    const compressor = (inChannels: number): Conv2d => new Conv2d({ inChannels, outChannels: compressedChannels, kernelSize: 1 }, xavier);
    const encoder = (size: number): Conv2d =>
      new Conv2d({ inChannels: compressedChannels, outChannels: size * size, kernelSize: 3, padding: 1 }, small);
    this.hrChannelCompressor = compressor(hrChannels);
    this.lrChannelCompressor = compressor(lrChannels);
    this.contentEncoder = encoder(lowpassKernel);
    this.contentEncoder2 = encoder(highpassKernel);
    this.#padding = padding;
  }

  /**
   * hr [N,2h,2w,hrChannels], lr [N,h,w,lrChannels]
   *
   * @throws RangeError when hr is not twice the size of lr, or a map is too small to be reflected
   */
  call(hr: tf.Tensor4D, lr: tf.Tensor4D): FrequencyAwareMaps {
    const [batch, height, width] = lr.shape;
    assertShape('FrequencyAwareFusion: lr', lr, [null, null, null, this.lrChannelCompressor.weight.shape[2]]);
    assertShape('FrequencyAwareFusion: hr', hr, [batch, 2 * height, 2 * width, this.hrChannelCompressor.weight.shape[2]]);
    return tf.tidy(() => {
      const compressed = this.hrChannelCompressor.call(hr);
      const coarse = this.lrChannelCompressor.call(lr);
      const highLogits = this.contentEncoder2.call(compressed);
      const sharpened = this.#sharpened(compressed, normalisedKernels(highLogits));
      const lowLogits = this.contentEncoder.call(sharpened);
      const lowFromCoarse = this.#enlarged(this.contentEncoder.call(coarse), normalisedKernels(lowLogits));
      const lowpass = normalisedKernels(tf.add(lowLogits, lowFromCoarse));
      const highFromCoarse = this.#enlarged(this.contentEncoder2.call(coarse), lowpass);
      const highpass = normalisedKernels(tf.add(highLogits, highFromCoarse));
      return { hr: this.#sharpened(hr, highpass), lrUp: this.#enlarged(lr, lowpass) };
    });
  }

  /** x + (x - its low frequencies) */
  #sharpened(x: tf.Tensor4D, kernels: tf.Tensor4D): tf.Tensor4D {
    return tf.sub(tf.mul(x, 2), adaptiveFilter({ x, kernels, up: 1, padding: this.#padding }));
  }

  #enlarged(x: tf.Tensor4D, kernels: tf.Tensor4D): tf.Tensor4D {
    return adaptiveFilter({ x, kernels, up: 2, padding: this.#padding });
  }
}
