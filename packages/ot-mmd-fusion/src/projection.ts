import type * as tf from '@tensorflow/tfjs-core';
import { BatchNorm2d, Conv2d, type Init, type Mode } from '@rs/nn';

/** A convolution without bias and a batch norm, same size: [N,H,W,inChannels] -> [N,H,W,outChannels]. */
export class Projection {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;

  constructor(sizes: { readonly inChannels: number; readonly outChannels: number; readonly kernelSize: 1 | 3 }, init: Init) {
    this.conv = new Conv2d({ ...sizes, padding: (sizes.kernelSize - 1) / 2, bias: false }, init);
    this.bn = new BatchNorm2d({ channels: sizes.outChannels });
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return this.bn.call(this.conv.call(x), mode);
  }
}
