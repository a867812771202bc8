import * as tf from '@tensorflow/tfjs-core';
import { completeTensors } from '@rs/experiments';
import { argmaxLabels } from '@rs/metrics';
import { resize } from '@rs/nn';
import type { MmOvSeg } from '@rs/ovseg';
import { falseColor, sarImage, type Panel } from '@rs/report';
import type { Place } from './place.js';
import type { Row } from './rows.js';
import { prompts } from './runs.js';
import type { Tile } from './tiles.js';

export const imageColumns = ['optical', 'SAR'];

/** The two images of a tile. */
export function imagePanels({ optical, sar }: Tile): [Panel, Panel] {
  const range = [0, 255] as const;
  return [
    { raster: falseColor(channelsLast(optical), { bands: [0, 1, 2], stretch: [range, range, range] }) },
    { raster: sarImage(channelsLast(sar), { channel: 0 }) },
  ];
}

/** [C,H,W] -> [H,W,C] */
function channelsLast({ data, bands, height, width }: Tile['optical']): { shape: number[]; data: Float32Array } {
  const at = (i: number): number => data[(i % bands) * height * width + Math.floor(i / bands)];
  return { shape: [height, width, bands], data: Float32Array.from({ length: data.length }, (_, i) => at(i)) };
}

/** Share of the pixels under clouds. */
export const coverOf = ({ cloudMask: { data } }: Tile): number => data.reduce((sum, cloud) => sum + cloud, 0) / data.length;

export interface LabelImage {
  readonly shape: number[]; // [H,W]
  readonly data: Int32Array;
}

export const truthOf = ({ label: { height, width, data } }: Tile): LabelImage => ({ shape: [height, width], data });

/** The word that a row's model gives each pixel, by its place in `names`. */
export function segmented(place: Place, row: Row, model: MmOvSeg, tile: Tile, names: readonly string[]): LabelImage {
  const tensors = completeTensors<'optical' | 'sar'>([tile]);
  const { height, width } = tile.label;
  const logits = tf.tidy(() => {
    const { logits } = model.call({ image: tensors.optical, sar: tensors.sar, ids: prompts(place, row, names) });
    return resize(logits, { size: [height, width], mode: 'bilinear' }).dataSync() as Float32Array;
  }) as unknown as Float32Array;
  tf.dispose(tensors as tf.TensorContainer);
  return { shape: [height, width], data: Int32Array.from(argmaxLabels({ shape: [height, width, names.length], data: logits }).data) };
}

/** '42 %' of the labelled pixels. */
export function rightShare(prediction: ArrayLike<number>, labels: ArrayLike<number>): string {
  let [counted, hits] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 255) continue;
    counted++;
    hits += Number(labels[i] === prediction[i]);
  }
  return counted === 0 ? 'none' : `${((100 * hits) / counted).toFixed(0)} %`;
}
