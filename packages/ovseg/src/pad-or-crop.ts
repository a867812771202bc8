import * as tf from '@tensorflow/tfjs-core';

export interface PadOrCropOptions {
  readonly size?: number; // pixels of both sides; default 384
  readonly value?: number; // of the padding; default 128, the images'; labels take 255
}

/** Made square at the right and the bottom, by padding or cutting each: [H,W] or [H,W,C] -> [size,size] or [size,size,C]. */
export function padOrCrop<T extends tf.Tensor2D | tf.Tensor3D>(image: T, { size = 384, value = 128 }: PadOrCropOptions = {}): T {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`padOrCrop: size must be a positive integer, got ${size}`);
  const [height, width, ...channels] = image.shape;
  return tf.tidy(() => {
    const kept = tf.slice(image as tf.Tensor, [0, 0], [Math.min(height, size), Math.min(width, size)]);
    const missing = [Math.max(0, size - height), Math.max(0, size - width)];
    if (missing[0] + missing[1] === 0) return kept as T;
    const padding = [[0, missing[0]], [0, missing[1]], ...channels.map(() => [0, 0])] as [number, number][];
    return tf.pad(kept, padding, value) as T;
  });
}
