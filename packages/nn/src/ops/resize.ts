import * as tf from '@tensorflow/tfjs-core';
import { isNative } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';
import { mixAxes, matrixOf, type AxisMix } from './mix-axes.js';
import { nativeResize } from './native-resize.js';
import { bicubicTaps, bilinearTaps, nearestExactIndex, nearestIndex, type Taps } from './sampling.js';

export interface ResizeOptions {
  readonly size: readonly [number, number]; // [H',W']
  readonly mode: 'nearest' | 'nearest-exact' | 'bilinear' | 'bicubic';
  readonly alignCorners?: boolean; // of bilinear and bicubic; default false
}

/**
 * PyTorch's interpolate to a given size, without antialiasing: [N,H,W,C] -> [N,H',W',C]. Bicubic has a = -0.75.
 *
 * @throws RangeError when a size is not a positive integer, or alignCorners is asked of a nearest mode
 */
export function resize(x: tf.Tensor4D, { size, mode, alignCorners = false }: ResizeOptions): tf.Tensor4D {
  if (!size.every((value) => Number.isInteger(value) && value > 0))
    throw new RangeError(`resize: size must be two positive integers, got [${size}]`);
  const nearest = mode === 'nearest' || mode === 'nearest-exact';
  if (nearest && alignCorners) throw new RangeError(`resize: alignCorners needs mode bilinear or bicubic, got ${mode}`);
  return tf.tidy(() => {
    if (x.shape[1] === size[0] && x.shape[2] === size[1]) return tf.clone(x);
    const options = { size, mode, alignCorners };
    return isNative() && mode !== 'bicubic' ? nativeResize(x, options) : plainResize(x, options);
  });
}

/** The composition in tfjs ops: along one axis, then along the other. */
export function plainResize(x: tf.Tensor4D, { size, mode, alignCorners = false }: ResizeOptions): tf.Tensor4D {
  const along = (inputs: number, outputs: number): AxisMix => ({
    size: inputs,
    taps: Array.from({ length: outputs }, (_, i) => tapsOf(mode, i, inputs, outputs, alignCorners)),
  });
  return tf.tidy(() => {
    const rows = along(x.shape[1], size[0]);
    const columns = along(x.shape[2], size[1]);
    return mode === 'nearest' || mode === 'nearest-exact' ? pick(pick(x, 1, rows), 2, columns) : mixAxes(x, rows, columns);
  });
}

function tapsOf(mode: ResizeOptions['mode'], i: number, inputs: number, outputs: number, alignCorners: boolean): Taps {
  switch (mode) {
    case 'nearest':
      return [{ index: nearestIndex(i, inputs, outputs), weight: 1 }];
    case 'nearest-exact':
      return [{ index: nearestExactIndex(i, inputs, outputs), weight: 1 }];
    case 'bilinear':
      return bilinearTaps(i, inputs, outputs, alignCorners);
    case 'bicubic':
      return bicubicTaps(i, inputs, outputs, alignCorners);
  }
}

/** The chosen inputs along axis 1 or 2; the gradient is summed by a product, as engines differ in what they have for gathering. */
function pick(x: tf.Tensor4D, axis: 1 | 2, mix: AxisMix): tf.Tensor4D {
  const indices = mix.taps.map(([{ index }]) => index);
  return withGradient({
    inputs: { x: x as tf.Tensor },
    forward: () => tf.gather(x, tf.tensor1d(indices, 'int32'), axis),
    backward: (dy) => ({
      x: () => {
        const [n, h, w, channels] = x.shape;
        const rest = axis === 1 ? [n, -1, w * channels] : [n * h, -1, channels];
        return tf.reshape(tf.matMul(tf.transpose(matrixOf(mix), [0, 2, 1]), tf.reshape(dy, rest)), x.shape);
      },
    }),
  }) as tf.Tensor4D;
}
