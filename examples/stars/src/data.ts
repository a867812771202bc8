import type * as tf from '@tensorflow/tfjs-core';
import { ChannelStatistics, cropSample, standardize, toTensors, type LoadedSample, type Sample } from '@rs/datasets';
import type { SampleBatch, Splits } from '@rs/experiments';
import type { StageSamples } from '@rs/stars-align';
import { roleOf, type Sensor, type WeakSensor } from './sensors.js';

/** A tile with all that is trained on and scored: standardised images, labels with 255 for ignored pixels. */
export type Tile = LoadedSample & Required<Pick<LoadedSample, 'optical' | 'label'>>;

/** What a train step sees: images [N,H,W,C] by role, labels [N,H,W], the sampled pixels of each aligned stage. */
export type TrainBatch = SampleBatch<'optical' | 'label'> & { readonly sar?: tf.Tensor4D; readonly dsm?: tf.Tensor4D } & StageSamples;

/** The tiles of a run, what they hold, and what the paper tests on such data. */
export interface TileSplits extends Splits<Tile> {
  readonly dataset: string; // as a table's title says it
  readonly weak: readonly WeakSensor[]; // those that lie beside the optical images
  readonly channels: Readonly<Partial<Record<Sensor, number>>>;
  readonly excludeClasses: readonly number[]; // that the sampler passes over
  readonly pictureBands: readonly [red: number, green: number, blue: number]; // of the optical image
}

/** Images by the role that the samples give them, [N,H,W,C]. */
export type SensorImages = Partial<Readonly<Record<'sar' | 'optical' | 'dsm', tf.Tensor4D>>>;

type Standardised = (tile: Tile) => Tile;

/**
 * How tiles become zero mean and unit deviation in each band, by the statistics of the training tiles.
 *
 * @param read tiles as they are stored
 */
export async function standardisation<S extends Sample>(
  train: readonly S[],
  read: (sample: S) => Promise<Tile>,
  onTile?: (done: number) => void,
): Promise<Standardised> {
  const statistics = new Map<string, ChannelStatistics>();
  for (const [i, sample] of train.entries()) {
    const tile = await read(sample);
    for (const role of rolesOf(tile)) {
      const ofRole = statistics.get(role) ?? new ChannelStatistics();
      ofRole.update(tile[role]!);
      statistics.set(role, ofRole);
    }
    onTile?.(i + 1);
  }
  const summaries = new Map([...statistics].map(([role, ofRole]) => [role, positive(ofRole.summary())]));
  return (tile) => {
    const layers = rolesOf(tile).map((role) => [role, { ...tile[role]!, ...standardize(tile[role]!, summaries.get(role)!) }]);
    return { ...tile, ...Object.fromEntries(layers) };
  };
}

const rolesOf = (tile: Tile): ('sar' | 'optical' | 'dsm')[] => Object.values(roleOf).filter((role) => tile[role]);

/** A band that is constant over the training tiles becomes 0. */
const positive = ({ mean, std }: { mean: number[]; std: number[] }): { mean: number[]; std: number[] } => ({
  mean,
  std: std.map((value) => (value > 0 ? value : 1)),
});

/** The upper left square of a tile that is larger than `side`. */
export const corner = (tile: Tile, side: number): Tile =>
  tile.optical.height === side && tile.optical.width === side ? tile : (cropSample(tile, side, [0, 0]) as Tile);

/** Tiles of one size as tensors; the caller disposes both. */
export function tileTensors(tiles: readonly Tile[]): { readonly images: SensorImages; readonly labels: tf.Tensor3D } {
  const { labels, optical, sar, dsm } = toTensors(tiles);
  return { images: { ...(sar && { sar }), ...(optical && { optical }), ...(dsm && { dsm }) }, labels: labels! };
}

/** The images of a test's sensors alone; the others are disposed. */
export function imagesOf(test: readonly Sensor[], images: SensorImages): Record<string, tf.Tensor4D> {
  const wanted = test.map((sensor) => roleOf[sensor]);
  const missing = wanted.find((role) => !images[role]);
  if (missing !== undefined) throw new Error(`the tiles have no ${missing} images`);
  for (const [role, image] of Object.entries(images)) if (!wanted.some((name) => name === role)) image.dispose();
  return Object.fromEntries(wanted.map((role) => [role, images[role]!]));
}
