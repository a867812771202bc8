import { parameters } from '@rs/nn';
import type { Stage, StarsModel } from './stars-model.js';
import { wasserstein1 } from './wasserstein1.js';

const encoders = ['shared', 'specificM1', 'specificM2'] as const;
const pooled = ['conv1.weight', 'bn1.weight', 'bn1.bias'] as const;

export type EncoderName = (typeof encoders)[number];
export type PooledParameter = (typeof pooled)[number];

/** One parameter of one stage of one encoder, pooled over the stage's blocks. */
export interface ParameterDistribution {
  readonly encoder: EncoderName;
  readonly stage: Stage;
  readonly parameter: PooledParameter;
  readonly values: Float32Array;
  readonly std: number;
  readonly excessKurtosis: number; // 0 of a normal distribution; NaN where all values are equal
}

/** How far two encoders are apart in one of them. */
export interface ParameterDistance {
  readonly stage: Stage;
  readonly parameter: PooledParameter;
  readonly between: readonly [EncoderName, EncoderName];
  readonly distance: number; // 1-Wasserstein, in units of the parameter
}

/**
 * What figure 11 of STARS draws: the values of `conv1.weight`, `bn1.weight` and `bn1.bias` in each stage of the three encoders. Encoders that
 * start from one checkpoint are alike before any training: compare with the initial weights.
 */
export function parameterDistributions(model: Pick<StarsModel, EncoderName>): ParameterDistribution[] {
  return encoders.flatMap((encoder) => {
    const found = [...parameters(model[encoder])];
    return ([1, 2, 3, 4] as const).flatMap((stage) =>
      pooled.map((parameter) => {
        const name = new RegExp(`^layer${stage}\\.\\d+\\.${parameter.replace('.', '\\.')}$`);
        const parts = found.flatMap(([path, variable]) => (name.test(path) ? [variable.dataSync<'float32'>()] : []));
        const values = joined(parts);
        return { encoder, stage, parameter, values, ...shapeOf(values) };
      }),
    );
  });
}

/** The distances of each pair of encoders, parameter by parameter. */
export function parameterDistances(distributions: readonly ParameterDistribution[]): ParameterDistance[] {
  return distributions.flatMap((one, i) =>
    distributions.slice(i + 1).flatMap((other) => {
      if (one.stage !== other.stage || one.parameter !== other.parameter) return [];
      const { stage, parameter } = one;
      return [{ stage, parameter, between: [one.encoder, other.encoder] as const, distance: wasserstein1(one.values, other.values) }];
    }),
  );
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return values;
}

/** Of the population. */
function shapeOf(values: Float32Array): Pick<ParameterDistribution, 'std' | 'excessKurtosis'> {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [second, fourth] = [0, 0];
  for (const value of values) {
    const square = (value - mean) ** 2;
    second += square / values.length;
    fourth += square ** 2 / values.length;
  }
  return { std: Math.sqrt(second), excessKurtosis: fourth / second ** 2 - 3 };
}
