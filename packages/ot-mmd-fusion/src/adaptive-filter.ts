import * as tf from '@tensorflow/tfjs-core';
import { pad2d, softmax } from '@rs/nn';

export type FilterPadding = 'reflect' | 'zero' | 'replicate';

interface AdaptiveFilter {
  readonly x: tf.Tensor4D; // [N,h,w,C]
  readonly kernels: tf.Tensor4D; // [N,up h,up w,k k], a filter a pixel of the result, its taps row by row
  readonly up: 1 | 2;
  readonly padding: FilterPadding;
}

/**
 * Filters a map by a filter of its own at each pixel of the result, the same for all channels, Chen et al. 2024 (FreqFusion); with `up` 2 the
 * result is twice as large. r = floor(k / 2):
 *
 *     out[c,Y,X] = sum_{i,j < k} kernels[i k + j,Y,X] xpad[c, floor(Y / up) + i - r, floor(X / up) + j - r]
 *
 * One product of matrices a pixel of x: the filters of its up x up results and the k k values around it. -> [N,up h,up w,C]
 *
 * @throws RangeError when x is too small to be reflected
 */
export function adaptiveFilter({ x, kernels, up, padding }: AdaptiveFilter): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const taps = kernels.shape[3];
  const size = Math.sqrt(taps);
  const radius = Math.floor(size / 2);
  const pixels = batch * height * width;
  const filter = tf.customGrad((given, by, save) => {
    const [padded, filters] = [given as tf.Tensor4D, by as tf.Tensor3D];
    const values = (around: tf.Tensor): tf.Tensor3D => tf.reshape(neighbourhoods(around as tf.Tensor4D, size), [pixels, taps, channels]);
    (save as tf.GradSaveFunc)([padded, filters]);
    return {
      value: tf.matMul(filters, values(padded)), // [N h w,up up,C]
      gradFunc: (dy: tf.Tensor, [padded, filters]: tf.Tensor[]) => {
        const dValues = tf.matMul(filters as tf.Tensor3D, dy as tf.Tensor3D, true, false); // [N h w,k k,C]
        return [
          putBack(tf.reshape(dValues, [batch, height, width, taps * channels]), size),
          tf.matMul(dy as tf.Tensor3D, values(padded), false, true),
        ];
      },
    };
  });
  return tf.tidy(() => {
    const padded = pad2d(x, { padding: [radius, radius, radius, radius], mode: padding });
    const filtered = filter(padded, tf.reshape(byPixel(kernels, up), [pixels, up * up, taps]));
    return byRow(tf.reshape(filtered, [batch * height, width, up, up * channels]), [batch, up * height, up * width, channels]);
  });
}

/** softmax over the k k taps, times the Hamming windows of rows and columns, divided by its sum: one softmax, with the windows' logarithm added. */
export function normalisedKernels(logits: tf.Tensor4D): tf.Tensor4D {
  return softmax(tf.add<tf.Tensor4D>(logits, logHamming(Math.sqrt(logits.shape[3]))));
}

/** [k k], log of the outer product of symmetric Hamming windows 0.54 - 0.46 cos(2 pi i / (k - 1)) */
function logHamming(size: number): tf.Tensor1D {
  const window = Array.from({ length: size }, (_, i) => (size === 1 ? 1 : 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (size - 1))));
  return tf.tensor1d(window.flatMap((row) => window.map((column) => Math.log(row * column))));
}

/** The k k values around each pixel beside each other: [N,h+k-1,w+k-1,C] -> [N,h,w,k k C] */
function neighbourhoods(padded: tf.Tensor4D, size: number): tf.Tensor4D {
  const [batch, paddedHeight, paddedWidth, channels] = padded.shape;
  const [height, width] = [paddedHeight - size + 1, paddedWidth - size + 1];
  const slices = Array.from({ length: size * size }, (_, tap) =>
    tf.slice(padded, [0, Math.floor(tap / size), tap % size, 0], [batch, height, width, channels]),
  );
  return tf.concat(slices, -1);
}

/** The transpose of `neighbourhoods`: each value is added where it came from. [N,h,w,k k C] -> [N,h+k-1,w+k-1,C] */
function putBack(values: tf.Tensor4D, size: number): tf.Tensor4D {
  const parts = tf.split(values, size * size, 3).map((part, tap) => {
    const [top, left] = [Math.floor(tap / size), tap % size];
    return tf.pad(part, [[0, 0], [top, size - 1 - top], [left, size - 1 - left], [0, 0]]); // prettier-ignore
  });
  return tf.addN(parts) as tf.Tensor4D;
}

/** [N,up h,up w,T] -> [N h,w,up,up T]: what belongs to one pixel of the small map beside each other. */
function byPixel(kernels: tf.Tensor4D, up: number): tf.Tensor4D {
  const [batch, height, width, taps] = kernels.shape;
  if (up === 1) return kernels;
  return tf.transpose(tf.reshape(kernels, [(batch * height) / up, up, width / up, up * taps]), [0, 2, 1, 3]) as tf.Tensor4D;
}

/** The way back: [N h,w,up,up C] -> [N,up h,up w,C] */
function byRow(x: tf.Tensor4D, shape: [number, number, number, number]): tf.Tensor4D {
  return tf.reshape(x.shape[2] === 1 ? x : tf.transpose(x, [0, 2, 1, 3]), shape);
}
