import * as tf from '@tensorflow/tfjs-core';
import { avgPool2d, BatchNorm2d, Conv2d, pad2d, type Init, type Mode } from '@rs/nn';

export interface Involution2dConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number; // odd
  readonly stride?: number; // default 1
  readonly groups: number; // kernels a pixel; must divide outChannels
}

/**
 * Involution, Li et al. 2021, eq. (4)-(6): a convolution whose kernel is made from the pixel under it, one for each group of channels,
 *     y_p = sum_d (span relu(BN(reduce x_p)))_d x_(p + d)
 * Under a stride the kernels come from the mean of the pixels skipped. The batch norm has momentum 0.3; the reduction is 4.
 */
export class Involution2d {
  readonly initialMapping?: Conv2d; // when the channels change
  readonly reduceMapping: Conv2d;
  readonly sigmaMapping: readonly [BatchNorm2d];
  readonly spanMapping: Conv2d;
  readonly #kernelSize: number;
  readonly #stride: number;
  readonly #groups: number;

  constructor({ inChannels, outChannels, kernelSize, stride = 1, groups }: Involution2dConfig, init: Init) {
    if (outChannels % groups !== 0) {
      throw new RangeError(`Involution2d: groups must divide outChannels (${outChannels}), got ${groups}`);
    }
    const hidden = Math.max(1, Math.floor(outChannels / 4));
    const pointwise = (from: number, to: number): Conv2d =>
      new Conv2d({ inChannels: from, outChannels: to, kernelSize: 1, bias: false }, init);
    if (inChannels !== outChannels) this.initialMapping = pointwise(inChannels, outChannels);
    this.reduceMapping = pointwise(inChannels, hidden);
    this.sigmaMapping = [new BatchNorm2d({ channels: hidden, momentum: 0.3 })];
    this.spanMapping = pointwise(hidden, groups * kernelSize ** 2);
    this.#kernelSize = kernelSize;
    this.#stride = stride;
    this.#groups = groups;
  }

  /** [N,H,W,inChannels] -> [N,H/stride,W/stride,outChannels]; stride divides H and W */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const [size, stride, groups] = [this.#kernelSize, this.#stride, this.#groups];
    return tf.tidy(() => {
      const under = stride > 1 ? avgPool2d(x, { kernelSize: stride }) : x;
      const kernels = this.spanMapping.call(tf.relu(this.sigmaMapping[0].call(this.reduceMapping.call(under), mode))); // [N,h,w,groups size^2]
      const [n, h, w] = kernels.shape;
      const reach = (size - 1) / 2;
      const mapped = this.initialMapping ? this.initialMapping.call(x) : x;
      const channels = mapped.shape[3];
      const padded = pad2d(mapped, { padding: [reach, reach, reach, reach], mode: 'zero' });
      const taps = Array.from({ length: size ** 2 }, (_, i) => {
        const begin: [number, number, number, number] = [0, Math.floor(i / size), i % size, 0];
        const seen = tf.slice(padded, begin, [n, (h - 1) * stride + 1, (w - 1) * stride + 1, channels]);
        const picked = stride > 1 ? avgPool2d(seen, { kernelSize: 1, stride }) : seen; // every stride-th pixel
        return tf.reshape(picked, [n * h * w, groups, 1, channels / groups]) as tf.Tensor4D;
      });
      const weights = tf.reshape(kernels, [n * h * w, groups, 1, size ** 2]) as tf.Tensor4D;
      return tf.reshape(tf.matMul(weights, tf.concat(taps, 2)), [n, h, w, channels]) as tf.Tensor4D; // one small product a pixel and group
    });
  }
}
