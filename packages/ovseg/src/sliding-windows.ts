import * as tf from '@tensorflow/tfjs-core';
import { assertShape, resize } from '@rs/nn';

export interface SlidingWindowsOptions {
  readonly kernel?: number; // pixels of a window's sides; default 384
  readonly overlap?: number; // share of a window's side that the next one repeats, in [0,1); default 0.333
  readonly outRes?: readonly [number, number]; // [H,W] that the image is brought to first; default [640,640]
}

/**
 * Windows of an image, row by row, and last the whole image at the size of one.
 *
 * @param image [1,H,W,C]
 * @returns [L+1,kernel,kernel,C]
 * @throws RangeError when the windows do not cover outRes
 */
export function slidingWindows(image: tf.Tensor4D, options: SlidingWindowsOptions = {}): tf.Tensor4D {
  const { kernel, outRes, corners } = windowsOf('slidingWindows', options);
  assertShape('slidingWindows: image', image, [1, null, null, null]);
  return tf.tidy(() => {
    const whole = resize(image, { size: outRes, mode: 'bilinear' });
    const windows = corners.map(([top, left]) => tf.slice4d(whole, [0, top, left, 0], [1, kernel, kernel, image.shape[3]]));
    return tf.concat([...windows, resize(image, { size: [kernel, kernel], mode: 'bilinear' })]);
  });
}

/**
 * Scores of the whole image from those of its windows: their mean where they overlap, and of that and the last one's the mean.
 *
 * @param logits [L+1,h,w,T], in the order of `slidingWindows`
 * @returns [H,W,T] in [0,1], [H,W] = outRes
 * @throws RangeError when there are not as many windows as the options make
 */
export function mergeWindows(logits: tf.Tensor4D, options: SlidingWindowsOptions = {}): tf.Tensor3D {
  const { kernel, outRes, corners } = windowsOf('mergeWindows', options);
  const [height, width] = outRes;
  assertShape('mergeWindows: logits', logits, [corners.length + 1, null, null, null]);
  return tf.tidy(() => {
    const scores = tf.sigmoid(resize(logits, { size: [kernel, kernel], mode: 'bilinear' }));
    const placed = tf.unstack(tf.slice(scores, 0, corners.length)).map((window, i) => {
      const [top, left] = corners[i];
      return tf.pad(window, [[top, height - kernel - top], [left, width - kernel - left], [0, 0]]); // prettier-ignore
    });
    const counts = new Float32Array(height * width);
    for (const [top, left] of corners) {
      for (let row = top; row < top + kernel; row++) {
        for (let column = left; column < left + kernel; column++) counts[row * width + column] += 1;
      }
    }
    const local = tf.div(tf.addN(placed), tf.tensor3d(counts, [height, width, 1]));
    const global = resize(tf.slice(scores, corners.length), { size: outRes, mode: 'bilinear' });
    return tf.mul(tf.add(local, tf.squeeze(global, [0])), 0.5) as tf.Tensor3D;
  });
}

interface Windows {
  readonly kernel: number;
  readonly outRes: readonly [number, number];
  readonly corners: readonly (readonly [number, number])[]; // [top, left], row by row
}

function windowsOf(what: string, { kernel = 384, overlap = 0.333, outRes = [640, 640] }: SlidingWindowsOptions): Windows {
  if (!Number.isInteger(kernel) || kernel < 1) throw new RangeError(`${what}: kernel must be a positive integer, got ${kernel}`);
  const stride = Math.floor(kernel * (1 - overlap));
  if (!(overlap >= 0 && stride >= 1)) throw new RangeError(`${what}: overlap must be at least 0 and leave a step, got ${overlap}`);
  const starts = outRes.map((size) => {
    if (size < kernel || (size - kernel) % stride !== 0) {
      throw new RangeError(`${what}: outRes must be ${kernel} plus a multiple of the step ${stride}, got [${outRes}]`);
    }
    return Array.from({ length: (size - kernel) / stride + 1 }, (_, i) => i * stride);
  });
  return { kernel, outRes, corners: starts[0].flatMap((top) => starts[1].map((left) => [top, left] as const)) };
}
