import * as tf from '@tensorflow/tfjs-core';
import { rawOp, type Attributes } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';

/** Every stride-th pixel: [N,H,W,C] -> [N,ceil(H/sH),ceil(W/sW),C]. tfjs has no gradient of its strided slice. Only where `isNative()`. */
export function everyNth(x: tf.Tensor4D, [vertical, horizontal]: readonly [number, number]): tf.Tensor4D {
  const { shape } = x;
  const range = (): tf.Tensor[] => [[0, 0, 0, 0], shape, [1, vertical, horizontal, 1]].map((values) => tf.tensor1d(values, 'int32'));
  return withGradient({
    inputs: { x: x as tf.Tensor },
    forward: () => rawOp('StridedSlice', attributes, [x, ...range()]),
    backward: (dy) => ({ x: () => rawOp('StridedSliceGrad', attributes, [tf.tensor1d(shape, 'int32'), ...range(), dy]) }),
  }) as tf.Tensor4D;
}

const attributes: Attributes = {
  T: ['type', 'float32'],
  Index: ['type', 'int32'],
  begin_mask: ['int', 0],
  end_mask: ['int', 0],
  ellipsis_mask: ['int', 0],
  new_axis_mask: ['int', 0],
  shrink_axis_mask: ['int', 0],
};
