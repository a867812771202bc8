import * as tf from '@tensorflow/tfjs-core';
import { RasterError, stableHash, type Sample } from '@rs/datasets';
import { Random } from '@rs/nn';
import type { DataSource } from '@rs/train';
import path from 'node:path';
import type { BatchOptions, PairSample, PairSplits, TrainBatch } from './data.js';

/** A tile as it waits in memory: 8 bits for images and labels, so that all of Potsdam's training tiles take 5 GB. */
interface Tile {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  readonly optical: Uint8Array; // [C,H,W]
  readonly dsm: Float32Array; // [H,W]
  readonly labels: Uint8Array; // [H,W]
}

/** A window of a tile, read in rows or columns from the end where it is flipped. */
interface Place {
  readonly tile: Tile;
  readonly y: number;
  readonly x: number;
  readonly flipRows: boolean;
  readonly flipColumns: boolean;
}

/** Windows at random places of random tiles, each tile read once: the batch at a position is always the same for one seed. */
export function randomWindows(
  samples: readonly Sample[],
  load: PairSplits['load'],
  { window, flips, batchSize, seed }: BatchOptions,
): DataSource<TrainBatch> {
  const tiles = new Map<string, Promise<Tile>>();
  const tileOf = (sample: Sample): Promise<Tile> => {
    const known = tiles.get(sample.id) ?? load(sample).then((loaded) => compact(loaded, sample, window));
    tiles.set(sample.id, known);
    return known;
  };
  const place = async (position: number, i: number): Promise<Place & { readonly id: string }> => {
    const random = new Random(stableHash(`${seed}/${position}/${i}`));
    const sample = samples[random.integer(samples.length)];
    const tile = await tileOf(sample);
    const [y, x] = [random.integer(tile.height - window + 1), random.integer(tile.width - window + 1)];
    const [flipRows, flipColumns] = [random.integer(2) === 1, random.integer(2) === 1];
    return { id: `${sample.id} at ${y}, ${x}`, tile, y, x, flipRows: flips && flipRows, flipColumns: flips && flipColumns };
  };
  return async (position) => {
    const places = await Promise.all(Array.from({ length: batchSize }, (_, i) => place(position, i)));
    return { ids: places.map(({ id }) => id), ...batchOf(places, window) };
  };
}

function compact({ optical, dsm, label }: PairSample, { root, files }: Sample, window: number): Tile {
  const { height, width, bands } = optical;
  if (height < window || width < window) {
    throw new RasterError(
      path.join(root, files.optical!),
      `has ${width} x ${height} pixels, expected at least the ${window} x ${window} of data.window`,
    );
  }
  return {
    height,
    width,
    bands,
    optical: Uint8Array.from(optical.data, (value) => Math.round(255 * value)),
    dsm: dsm!.data,
    labels: Uint8Array.from(label.data),
  };
}

function batchOf(places: readonly Place[], window: number): Omit<TrainBatch, 'ids'> {
  const { bands } = places[0].tile;
  const count = places.length * window * window;
  const [image, aux, labels] = [new Float32Array(count * bands), new Float32Array(count), new Int32Array(count)];
  let to = 0;
  for (const { tile, y, x, flipRows, flipColumns } of places) {
    const plane = tile.height * tile.width;
    for (let i = 0; i < window; i++) {
      const row = (y + (flipRows ? window - 1 - i : i)) * tile.width + x;
      for (let j = 0; j < window; j++, to++) {
        const from = row + (flipColumns ? window - 1 - j : j);
        for (let band = 0; band < bands; band++) image[to * bands + band] = tile.optical[band * plane + from] / 255;
        aux[to] = tile.dsm[from];
        labels[to] = tile.labels[from];
      }
    }
  }
  const shape = [places.length, window, window] as const;
  return {
    image: tf.tensor4d(image, [...shape, bands]),
    aux: tf.tensor4d(aux, [...shape, 1]),
    labels: tf.tensor3d(labels, [...shape], 'int32'),
  };
}
