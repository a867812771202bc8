import * as tf from '@tensorflow/tfjs-core';
import type { Provenance, Table } from '@rs/report';
import type { MmOvSeg } from '@rs/ovseg';
import type { Place } from './place.js';
import type { Row } from './rows.js';
import { forwardOf, prompts } from './runs.js';

const counts = [1, 8, 64, 256];
const tilesTogether = 4;
const repetitions = 3;

/** Milliseconds of one number of class names. */
export interface WordsCost {
  readonly count: number;
  readonly text: number; // features of the names
  readonly tile: number; // a tile with them
}

/** What class names cost: their features once a list, and a tile with them. */
export function measureWords(place: Place, row: Row, model: MmOvSeg): WordsCost[] {
  const { size } = place.config.data;
  const image = tf.fill<tf.Rank.R4>([tilesTogether, size, size, 3], 100);
  const costs = counts.map((count) => {
    const names = Array.from({ length: count }, (_, i) => `class ${i + 1}`);
    const text = milliseconds(() => tf.tidy(() => void model.textFeatures(prompts(place, row, names)).dataSync()));
    const forward = forwardOf(place, row, model, names);
    const batch = milliseconds(() => {
      const { logits } = forward.call({ image, sar: image });
      logits.dataSync();
      logits.dispose();
    });
    forward.dispose();
    return { count, text, tile: batch / tilesTogether };
  });
  image.dispose();
  return costs;
}

export const wordsTable = (costs: readonly WordsCost[], { label }: Row, size: number, provenance: Provenance): Table => ({
  title: 'What class names cost: text features are computed once a list and serve all tiles',
  columns: [
    { header: 'text features, once', unit: 'ms' },
    { header: 'a tile, with them', unit: 'ms' },
    { header: `a tile, were they computed for each batch of ${tilesTogether}`, unit: 'ms' },
  ],
  rows: costs.map(({ count, text, tile }) => ({
    label: `${count} class ${count === 1 ? 'name' : 'names'}`,
    source: 'reproduced',
    cells: [text, tile, tile + text / tilesTogether],
  })),
  provenance,
  footnotes: [`Least of ${repetitions} after a first one; ${label}, batches of ${tilesTogether} tiles of ${size}x${size}.`],
});

function milliseconds(work: () => void): number {
  work(); // records the graph
  const times = Array.from({ length: repetitions }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}
