import type { Tile, Tiles } from '../tiles.js';

/** The tiles, each with the SAR image of another: that half of the set further on. */
export function withOthersSar({ samples, load }: Tiles<Tile>): Tiles<Tile> {
  const otherOf = new Map(samples.map(({ id }, i) => [id, samples[(i + Math.ceil(samples.length / 2)) % samples.length]]));
  return {
    samples,
    load: async (sample) => {
      const [tile, other] = await Promise.all([load(sample), load(otherOf.get(sample.id)!)]);
      return { ...tile, sar: other.sar };
    },
  };
}
