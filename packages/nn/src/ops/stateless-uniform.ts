import * as tf from '@tensorflow/tfjs-core';
import type { LayerSeed } from '../mode.js';
import { hashedState, Random } from '../random.js';
import { isNative, rawOp } from '../raw-ops.js';

/** Uniform in [0, 1), float32. The same engine and seed give the same values; a seed in a tensor is not read on the native engine. */
export function statelessUniform(shape: number[], seed: LayerSeed): tf.Tensor {
  return isNative() ? nativeUniform(shape, seed) : hostUniform(shape, seed);
}

function nativeUniform(shape: number[], seed: LayerSeed): tf.Tensor {
  const words = seed instanceof tf.Tensor ? seed : tf.tensor1d([...seed], 'int32');
  return rawOp('StatelessRandomUniform', { T: ['type', 'int32'], Tseed: ['type', 'int32'], dtype: ['type', 'float32'] }, [
    tf.tensor1d(shape, 'int32'),
    words,
  ]);
}

function hostUniform(shape: number[], seed: LayerSeed): tf.Tensor {
  const words = seed instanceof tf.Tensor ? [...seed.dataSync()] : seed;
  const random = Random.fromState(hashedState(words));
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => Math.min(random.uniform(), 1 - 2 ** -24));
  return tf.tensor(values, shape);
}
