import * as tf from '@tensorflow/tfjs-core';
import { completeTensors } from '@rs/experiments';
import { resize } from '@rs/nn';
import type { MmOvSeg } from '@rs/ovseg';
import { ClassAucs } from '../class-aucs.js';
import type { Place } from '../place.js';
import type { Row } from '../rows.js';
import { prompts } from '../runs.js';
import { tileBatches, type Tile, type Tiles } from '../tiles.js';

/** The similarity of an image's places with each class name, before fusion (CLIP, DINO) and after it; what Figure 5 of the paper draws. */
export const stagesOfFusion = ['clipCorr', 'denseCorr', 'fused'] as const;
export type Stage = (typeof stagesOfFusion)[number];

export interface SimilarityMaps {
  readonly shape: readonly number[]; // [N,H,W,T]
  readonly maps: Readonly<Record<Stage, Float32Array>>; // resized to the images
  readonly logits: Float32Array;
}

/** Of pairs of images for a class list. */
export function similarityMaps(place: Place, row: Row, model: MmOvSeg, tiles: readonly Tile[], names: readonly string[]): SimilarityMaps {
  const tensors = completeTensors<'optical' | 'sar'>(tiles);
  const [, height, width] = tensors.optical.shape;
  const maps = tf.tidy(() => {
    const { optical: image, sar } = tensors;
    const outputs = model.call({ image, sar, ids: prompts(place, row, names) }, { intermediates: true });
    return Object.fromEntries(
      ([...stagesOfFusion, 'logits'] as const).map((name) => {
        const map = resize(outputs[name] as tf.Tensor4D, { size: [height, width], mode: 'bilinear' });
        return [name, map.dataSync() as Float32Array];
      }),
    );
  });
  tf.dispose(tensors as tf.TensorContainer);
  const { logits, ...rest } = maps;
  return { shape: [tiles.length, height, width, names.length], maps: rest as SimilarityMaps['maps'], logits };
}

export interface StageFigures {
  readonly auc: Readonly<Record<Stage, readonly number[]>>; // of each class, cloudy pixels: the area under the ROC curve of the map against its mask
  readonly correlation: readonly number[]; // Pearson, of CLIP's and DINO's map of each class over those pixels
}

/** How well the maps of each stage tell a class's pixels, over a test set. */
export async function stageFigures(
  place: Place,
  row: Row,
  model: MmOvSeg,
  tiles: Tiles<Tile>,
  names: readonly string[],
): Promise<StageFigures> {
  const aucs = Object.fromEntries(stagesOfFusion.map((stage) => [stage, new ClassAucs(names.length)])) as Record<Stage, ClassAucs>;
  const sums = names.map(() => [0, 0, 0, 0, 0, 0]); // n, x, y, xx, yy, xy
  for await (const batch of tileBatches(tiles, 16)) {
    const { maps } = similarityMaps(place, row, model, batch, names);
    const labels = batch.flatMap(({ label }) => [...label.data]);
    const clouds = batch.flatMap(({ cloudMask }) => [...cloudMask.data]);
    for (const stage of stagesOfFusion) aucs[stage].update(maps[stage], labels, clouds);
    addSums(sums, maps, labels, clouds);
  }
  const [clipCorr, denseCorr, fused] = stagesOfFusion.map((stage) => aucs[stage].compute());
  return { auc: { clipCorr, denseCorr, fused }, correlation: sums.map(pearson) };
}

function addSums(
  sums: readonly number[][],
  { clipCorr, denseCorr }: SimilarityMaps['maps'],
  labels: readonly number[],
  clouds: readonly number[],
): void {
  labels.forEach((label, pixel) => {
    if (!clouds[pixel] || label === 255) return;
    sums.forEach((sum, id) => {
      const [x, y] = [clipCorr[pixel * sums.length + id], denseCorr[pixel * sums.length + id]];
      [1, x, y, x * x, y * y, x * y].forEach((value, i) => (sum[i] += value));
    });
  });
}

function pearson([n, x, y, xx, yy, xy]: readonly number[]): number {
  return (n * xy - x * y) / Math.sqrt((n * xx - x * x) * (n * yy - y * y));
}
