import * as tf from '@tensorflow/tfjs-core';
import { isNative, rawOp } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';
import { columnSum } from './column-sum.js';

export interface LinearInputs<T extends tf.Tensor> {
  readonly x: T; // [...,in]
  readonly weight: tf.Tensor2D; // [in,out]
  readonly bias?: tf.Tensor1D; // [out]
}

/** x weight + bias over the last axis: [...,in] -> [...,out]. */
export function linear<T extends tf.Tensor>({ x, weight, bias }: LinearInputs<T>): T {
  const [inFeatures, outFeatures] = weight.shape;
  return tf.tidy(() => {
    const rows = (x.rank === 2 ? x : tf.reshape(x, [-1, inFeatures])) as tf.Tensor2D; // on the native engine a reshape is an op
    const product = isNative() ? nativeMatMul(rows, weight) : tf.matMul(rows, weight);
    const y = bias ? addBias(product, bias) : product;
    return (x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), outFeatures])) as tf.Tensor as T;
  });
}

/** x + bias over the last axis, any rank. */
export function addBias<T extends tf.Tensor>(x: T, bias: tf.Tensor1D): T {
  return withGradient({
    inputs: { x: x as tf.Tensor, bias: bias as tf.Tensor },
    forward: () =>
      isNative() ? rawOp('BiasAdd', { T: ['type', 'float32'], data_format: ['string', 'NHWC'] }, [x, bias]) : tf.add(x, bias),
    backward: (dy) => ({ x: () => tf.clone(dy), bias: () => columnSum(dy) }),
  }) as T;
}

/** The plain matrix product, faster than the batched one that tfjs calls. */
function nativeMatMul(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  return withGradient({
    inputs: { x: x as tf.Tensor, weight: weight as tf.Tensor },
    forward: (save) => {
      save([x, weight]);
      return matMul(x, weight, false);
    },
    backward: (dy, [x, weight]) => ({
      x: () => tf.matMul(dy as tf.Tensor2D, weight as tf.Tensor2D, false, true), // here the batched one is faster
      weight: () => matMul(x, dy, true),
    }),
  }) as tf.Tensor2D;
}

const matMul = (a: tf.Tensor, b: tf.Tensor, transposeA: boolean): tf.Tensor =>
  rawOp('MatMul', { T: ['type', 'float32'], transpose_a: ['bool', transposeA], transpose_b: ['bool', false] }, [a, b]);
