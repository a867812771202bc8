import * as tf from '@tensorflow/tfjs-core';
import { rawOp, type Attributes } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';
import type { ResizeOptions } from './resize.js';

/** TensorFlow's resizing ops and their gradients, which tfjs calls only with corners aligned or without half pixels. Not bicubic. */
export function nativeResize(x: tf.Tensor4D, { size, mode, alignCorners = false }: ResizeOptions): tf.Tensor4D {
  const linear = mode === 'bilinear';
  const name = linear ? 'ResizeBilinear' : 'ResizeNearestNeighbor';
  const attributes: Attributes = {
    T: ['type', x.dtype],
    align_corners: ['bool', alignCorners],
    half_pixel_centers: ['bool', (linear && !alignCorners) || mode === 'nearest-exact'],
  };
  return withGradient({
    inputs: { x: x as tf.Tensor },
    forward: (save) => {
      if (linear) save([x]);
      return rawOp(name, attributes, [x, tf.tensor1d([...size], 'int32')]);
    },
    backward: (dy, [input]) => ({
      x: () => rawOp(`${name}Grad`, attributes, [dy, linear ? input : tf.tensor1d(x.shape.slice(1, 3), 'int32')]),
    }),
  }) as tf.Tensor4D;
}
