import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { stableHash } from '../stable-hash.js';

/** Draws integers 0 .. below-1, the same ones for the same key on every machine; near keys give unrelated draws. */
export function keyedRandom(key: string): (below: number) => number {
  const random = xoroshiro128plusFromState([0, 1, 2, 3].map((word) => stableHash(`${word}/${key}`) | 0));
  return (below) => uniformInt(random, 0, below - 1);
}
