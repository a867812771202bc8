import * as tf from '@tensorflow/tfjs-core';
import type { Random } from './random.js';

/** Inputs and outputs of one unit, counted as PyTorch counts them: size 1 (fan-in) and 0 (fan-out) of its weight, times the kernel's area. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Where the first values of a layer come from. Shapes are those of our layouts (HWIO; in,out); the values are independent draws. */
export interface Init {
  weight(shape: number[], fans: Fans): tf.Tensor;
  bias(shape: number[], fans: Fans): tf.Tensor;
}

/** Each layer's default in PyTorch: U(-b, b) with b = 1 / sqrt(fanIn), weight and bias. */
export function torchInit(random: Random): Init {
  const draw = (shape: number[], { fanIn }: Fans): tf.Tensor => uniform(random, shape, 1 / Math.sqrt(fanIn));
  return { weight: draw, bias: draw };
}

/** He et al. 2015, eq. (10), fan-in: U(-b, b) with b = sqrt(6 / fanIn), for ReLU; bias 0. */
export function kaimingUniformInit(random: Random): Init {
  return { weight: (shape, { fanIn }) => uniform(random, shape, Math.sqrt(6 / fanIn)), bias: zeros };
}

/** He et al. 2015, eq. (10), fan-in: N(0, 2 / fanIn), for ReLU; bias 0. */
export function kaimingNormalInit(random: Random): Init {
  return { weight: (shape, { fanIn }) => normal(random, shape, Math.sqrt(2 / fanIn)), bias: zeros };
}

/** Glorot and Bengio 2010, eq. (16): U(-b, b) with b = sqrt(6 / (fanIn + fanOut)); bias 0. */
export function xavierUniformInit(random: Random): Init {
  return { weight: (shape, { fanIn, fanOut }) => uniform(random, shape, Math.sqrt(6 / (fanIn + fanOut))), bias: zeros };
}

/** Glorot and Bengio 2010, eq. (12): N(0, 2 / (fanIn + fanOut)); bias 0. */
export function xavierNormalInit(random: Random): Init {
  return { weight: (shape, { fanIn, fanOut }) => normal(random, shape, Math.sqrt(2 / (fanIn + fanOut))), bias: zeros };
}

/** N(0, std^2), drawn again while outside [-2, 2] (absolute, as PyTorch's trunc_normal_ has it); bias 0. */
export function truncatedNormalInit(random: Random, { std }: { readonly std: number }): Init {
  if (!(std > 0)) throw new RangeError(`truncatedNormalInit: std must be above 0, got ${std}`);
  const draw = (): number => {
    for (;;) {
      const value = std * random.normal();
      if (Math.abs(value) <= 2) return value;
    }
  };
  return { weight: (shape) => filled(shape, draw), bias: zeros };
}

const zeros = (shape: number[]): tf.Tensor => tf.zeros(shape);

const uniform = (random: Random, shape: number[], bound: number): tf.Tensor => filled(shape, () => (2 * random.uniform() - 1) * bound);

const normal = (random: Random, shape: number[], std: number): tf.Tensor => filled(shape, () => std * random.normal());

/** Drawn on the host: one seed gives the same model on every engine. */
function filled(shape: number[], draw: () => number): tf.Tensor {
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return tf.tensor(values, shape);
}
