import type * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';

/** Bands of the two images, as every network here is told them. */
export interface OpticalSarChannels {
  readonly optChannels?: number; // bands of the optical image; default 4
  readonly sarChannels?: number; // polarisations; default 2
}

export interface OpticalSar {
  readonly optical: tf.Tensor4D; // [N,H,W,optChannels]
  readonly sar: tf.Tensor4D; // [N,H,W,sarChannels]
}

/** @throws RangeError when the two images do not have one size, or not the channels that the network was configured with */
export function assertOpticalSar(network: string, { optical, sar }: OpticalSar, channels: Required<OpticalSarChannels>): void {
  assertShape(`${network}: optical`, optical, [null, null, null, channels.optChannels]);
  const [n, h, w] = optical.shape;
  assertShape(`${network}: sar`, sar, [n, h, w, channels.sarChannels]);
}

/** @throws RangeError when height or width is no multiple of what the network's windows and strides need */
export function assertMultiple(network: string, { optical }: OpticalSar, multiple: number): void {
  const [, h, w] = optical.shape;
  if (h % multiple !== 0 || w % multiple !== 0) {
    throw new RangeError(`${network}: height and width must be multiples of ${multiple}, got [${h},${w}]`);
  }
}
