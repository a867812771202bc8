import * as tf from '@tensorflow/tfjs-core';

/** How a module runs: with its stored statistics and no randomness, or as one forward pass of training. */
export type Mode = 'eval' | TrainPass;

/** Seed of one stochastic layer: two words, either known here or in an int32 tensor [2] that a captured graph is fed. */
export type LayerSeed = readonly [number, number] | tf.Tensor1D;

/**
 * One training forward pass: explicit state instead of hidden flags. It hands out a seed to each stochastic layer and collects
 * the running statistics, which change only on `commit()`. After a pass call `commit()` or `dispose()`.
 */
export class TrainPass {
  readonly #seed: number | tf.Tensor1D;
  readonly #statistics = new Map<tf.Variable, tf.Tensor>();
  #draws = 0;

  /**
   * @param seed of the pass's random draws: a 32-bit integer, or an int32 tensor [2] (for a captured graph), which stays the caller's
   * @throws RangeError when it is neither
   */
  constructor(seed: number | tf.Tensor1D) {
    const valid = typeof seed === 'number' ? seed === (seed | 0) : seed.dtype === 'int32' && seed.shape.join() === '2';
    if (!valid) {
      const got = typeof seed === 'number' ? seed : `${seed.dtype} [${seed.shape}]`;
      throw new RangeError(`TrainPass: seed must be a 32-bit integer or an int32 tensor of shape [2], got ${got}`);
    }
    this.#seed = seed;
  }

  /** A new seed for each stochastic layer, in the order of the calls. */
  nextSeed(): LayerSeed {
    const draw = this.#draws++;
    const seed = this.#seed;
    return typeof seed === 'number' ? [seed, draw] : tf.add(seed, tf.tensor1d([0, draw], 'int32'));
  }

  /** How many seeds were handed out. */
  get draws(): number {
    return this.#draws;
  }

  /** A pass that hands out this one's seeds again, from the draw with the given number on. What it collects is for `dispose()`. */
  replay(draw: number): TrainPass {
    const again = new TrainPass(this.#seed);
    again.#draws = draw;
    return again;
  }

  /** The running statistic as this pass sees it: its own update if there is one, else the variable. */
  statistic(variable: tf.Variable): tf.Tensor {
    return this.#statistics.get(variable) ?? variable;
  }

  /** Keeps the new running statistic until `commit()`; a layer called twice updates twice. */
  updateStatistic(variable: tf.Variable, value: tf.Tensor): void {
    if (value.shape.join() !== variable.shape.join()) {
      throw new RangeError(`TrainPass: value must have shape [${variable.shape}], got [${value.shape}]`);
    }
    this.#statistics.get(variable)?.dispose();
    this.#statistics.set(variable, tf.keep(tf.clone(value)));
  }

  /** The statistics collected so far, by the variable they are for. They stay the pass's. */
  get statistics(): ReadonlyMap<tf.Variable, tf.Tensor> {
    return this.#statistics;
  }

  /** Assigns the collected statistics to their variables. */
  commit(): void {
    for (const [variable, value] of this.#statistics) variable.assign(value as tf.Tensor<tf.Rank>);
    this.dispose();
  }

  /** Drops the collected statistics. */
  dispose(): void {
    for (const value of this.#statistics.values()) value.dispose();
    this.#statistics.clear();
  }
}
