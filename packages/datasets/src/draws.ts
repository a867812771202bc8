import { finalizeHash, stableHash } from './stable-hash.js';

const GOLDEN = 0x9e3779b9; // 2^32 / golden ratio: the step of Weyl sequences

/**
 * Counter-based random numbers of one scene, given by its number or its file's name: every quantity has a name too, and its draws depend on
 * (seed, scene, name) alone, never on the order in which the quantities are drawn. With key = stableHash("seed/scene/name"), draw i is
 *     u_i = (mix(key + (i + 1) 0x9e3779b9 mod 2^32) + 0.5) / 2^32   in (0, 1).
 */
export class Draws {
  readonly #prefix: string;

  constructor(seed: number, scene: number | string) {
    this.#prefix = `${seed}/${scene}`;
  }

  key(name: string): number {
    return stableHash(`${this.#prefix}/${name}`);
  }

  uniforms(name: string, count: number): Float64Array {
    const key = this.key(name);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = toUnit(finalizeHash((key + Math.imul(i + 1, GOLDEN)) | 0));
    return values;
  }

  uniform(name: string): number {
    return this.uniforms(name, 1)[0];
  }

  /** Standard normals, Box and Muller 1958: the k-th is sqrt(-2 ln u_2k) cos(2 pi u_2k+1). */
  normals(name: string, count: number): Float64Array {
    const u = this.uniforms(name, 2 * count);
    const values = new Float64Array(count);
    for (let k = 0; k < count; k++) values[k] = Math.sqrt(-2 * Math.log(u[2 * k])) * Math.cos(2 * Math.PI * u[2 * k + 1]);
    return values;
  }

  /** Speckle of intensity, Gamma with shape `looks` and mean 1: the k-th is -(1/L) sum over j < L of ln u_(kL+j). */
  speckle(name: string, count: number, looks: number): Float64Array {
    const u = this.uniforms(name, count * looks);
    const values = new Float64Array(count);
    for (let i = 0; i < u.length; i++) values[Math.floor(i / looks)] -= Math.log(u[i]) / looks;
    return values;
  }
}

/** Three draws of plot `id`, a chain of hashes: h1 = mix(key + id), h2 = mix(h1 + step), h3 = mix(h2 + step). */
export function plotDraws(key: number, id: number): [u1: number, u2: number, u3: number] {
  const h1 = finalizeHash((key + id) | 0);
  const h2 = finalizeHash((h1 + GOLDEN) | 0);
  const h3 = finalizeHash((h2 + GOLDEN) | 0);
  return [toUnit(h1), toUnit(h2), toUnit(h3)];
}

function toUnit(hash: number): number {
  return (hash + 0.5) / 2 ** 32;
}
