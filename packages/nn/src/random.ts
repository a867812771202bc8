import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/**
 * Seeded random numbers (xoroshiro128+) whose state can be saved and restored. The seed is hashed into the state, so that
 * neighbouring seeds give unrelated streams.
 */
export class Random {
  #generator: ReturnType<typeof xoroshiro128plusFromState>;

  /** @throws RangeError when the seed is not a safe integer */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`Random: seed must be a safe integer, got ${seed}`);
    this.#generator = xoroshiro128plusFromState(hashedState([seed | 0, Math.floor(seed / 2 ** 32) | 0]));
  }

  /** The generator that goes on where `state` was read. */
  static fromState(state: readonly number[]): Random {
    if (state.length !== 4 || !state.every((word) => word === (word | 0)) || state.every((word) => word === 0)) {
      throw new RangeError(`Random: state must be four 32-bit integers, not all 0, got [${state}]`);
    }
    const random = new Random(0);
    random.#generator = xoroshiro128plusFromState(state);
    return random;
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  /** Standard normal, by Box and Muller 1958 (one of the pair, so that the generator holds the whole state). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log1p(-this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Uniform among the integers 0 .. below-1. */
  integer(below: number): number {
    if (!Number.isSafeInteger(below) || below < 1) throw new RangeError(`Random: below must be a positive integer, got ${below}`);
    return uniformInt(this.#generator, 0, below - 1);
  }

  /** A new independent stream; this one moves on. */
  fork(): Random {
    return Random.fromState(hashedState(Array.from({ length: 4 }, () => this.#generator.next())));
  }

  get state(): readonly number[] {
    return [...this.#generator.getState()];
  }
}

/** Four 32-bit words from any number of words: each is folded in and mixed by the finaliser of MurmurHash3. */
export function hashedState(words: readonly number[]): number[] {
  const state = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x71374491]; // fractional bits of the golden ratio, pi, e, and a prime's cube root
  return state.map((start) => words.reduce((hash, word, i) => mix((hash ^ mix(word + i)) + start), start)) as number[];
}

function mix(word: number): number {
  let hash = word | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
