import * as tf from '@tensorflow/tfjs-core';
import { isNative, rawOp } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';

/**
 * Rows chosen by tensors of indices, which a captured graph may be fed; tfjs reads them on the native engine. The gradient of a row that is chosen
 * several times adds up.
 *
 * @param x [P,C]
 * @param indices [M] int32 in 0..P-1
 * @returns [M,C]
 */
export function gatherRows(x: tf.Tensor2D, indices: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => (isNative() ? nativeGather(x, indices) : tf.gather(x, indices)));
}

const nativeGather = (x: tf.Tensor2D, indices: tf.Tensor1D): tf.Tensor2D =>
  withGradient({
    inputs: { x: x as tf.Tensor },
    forward: (save) => {
      save([indices]);
      return rawOp('GatherV2', gatherAttributes, [x, indices, tf.scalar(0, 'int32')]);
    },
    backward: (dy, [indices]) => ({
      x: () => rawOp('UnsortedSegmentSum', segmentAttributes, [dy, indices, tf.scalar(x.shape[0], 'int32')]),
    }),
  }) as tf.Tensor2D;

const gatherAttributes = {
  Tparams: ['type', 'float32'],
  Tindices: ['type', 'int32'],
  Taxis: ['type', 'int32'],
  batch_dims: ['int', 0],
} as const;

const segmentAttributes = { T: ['type', 'float32'], Tindices: ['type', 'int32'], Tnumsegments: ['type', 'int32'] } as const;
