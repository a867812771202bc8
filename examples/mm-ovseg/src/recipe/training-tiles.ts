import * as tf from '@tensorflow/tfjs-core';
import { Random } from '@rs/nn';
import { padOrCrop, resizeLabel, resizeShortestEdge } from '@rs/ovseg';
import { shuffledBatches, type DataSource } from '@rs/train';
import type { ClearTile, Tiles } from '../tiles.js';
import type { SegmentationBatch } from '../train-segmentation.js';
import { colorJitter } from './color-jitter.js';

export interface TrainingTiles {
  readonly tiles: Tiles<ClearTile>;
  readonly edge: number; // pixels a side of what a step sees
  readonly batchSize: number;
  readonly seed: number;
}

/**
 * Tiles as the released code prepares them: shorter side at `edge`, a random square, colour jitter of the optical image, a horizontal flip, padding. SAR
 * goes through all of it but the jitter, so that both stay on one grid.
 *
 * @throws RangeError when there are fewer tiles than a batch
 */
export function trainingTiles({ tiles, edge, batchSize, seed }: TrainingTiles): DataSource<SegmentationBatch> {
  const placeOf = shuffledBatches({ seed, count: tiles.samples.length, batchSize });
  return async (position) => {
    const random = new Random(seed * 2 ** 20 + position);
    const loaded = await Promise.all(placeOf(position).indices.map((index) => tiles.load(tiles.samples[index])));
    const [optical, sar, labels] = tf.tidy(() => {
      const prepared = loaded.map((tile) => preparedTile(tile, edge, random));
      return ([0, 1, 2] as const).map((part) => tf.stack(prepared.map((parts) => parts[part])));
    });
    return { ids: loaded.map(({ id }) => id), optical: optical as tf.Tensor4D, sar: sar as tf.Tensor4D, labels: labels as tf.Tensor3D };
  };
}

/** [edge,edge,3] twice, int32 [edge,edge]. */
function preparedTile({ optical, sar, label }: ClearTile, edge: number, random: Random): [tf.Tensor3D, tf.Tensor3D, tf.Tensor2D] {
  const [image, radar] = [optical, sar].map((layer) => resizeShortestEdge(imageOf(layer), { edge }));
  const classes = resizeLabel(tf.tensor2d(label.data, [label.height, label.width], 'int32'), { edge });
  const [height, width] = classes.shape;
  const [rows, columns] = [Math.min(edge, height), Math.min(edge, width)];
  const start = [random.integer(height - rows + 1), random.integer(width - columns + 1)];
  const colors = tf.slice(image, [...start, 0], [rows, columns, 3]).dataSync() as Float32Array;
  colorJitter(colors, random);
  const flipped = random.uniform() < 0.5;
  const flip = <T extends tf.Tensor>(x: T): T => (flipped ? tf.reverse(x, 1) : x);
  return [
    padOrCrop(flip(tf.tensor3d(colors, [rows, columns, 3])), { size: edge }),
    padOrCrop(flip(tf.slice(radar, [...start, 0], [rows, columns, 3])), { size: edge }),
    padOrCrop(flip(tf.slice(classes, start, [rows, columns])), { size: edge, value: 255 }),
  ];
}

/** [C,H,W] on the host -> [H,W,C] */
export const imageOf = ({ data, bands, height, width }: ClearTile['optical']): tf.Tensor3D =>
  tf.transpose(tf.tensor3d(data, [bands, height, width]), [1, 2, 0]);
