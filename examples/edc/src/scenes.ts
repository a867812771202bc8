import { completeTensors, predictWindows, samplesOf, type WindowOptions } from '@rs/experiments';
import { argmaxLabels } from '@rs/metrics';
import { classMap, falseColor, maskImage, percentileStretch, sarImage, type Grid, type Palette, type Panel, type Raster } from '@rs/report';
import * as tf from '@tensorflow/tfjs-core';
import type { Patch, PatchSplits } from './data.js';
import { forwardOf } from './forward.js';
import type { Segmenter } from './network.js';

/** A grid on the host. */
export interface Map2d {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Share of cloudy pixels. */
export const coverOf = ({ cloudMask: { data } }: Patch): number => data.reduce((sum, cloud) => sum + cloud, 0) / data.length;

export const sceneName = ({ id }: Patch): string => id.replaceAll('_', ' ');

/** Scored scenes spread over the range of cloud cover. */
export async function chosenPatches({ test, load }: PatchSplits, most: number): Promise<Patch[]> {
  const covered: { patch: Patch; cover: number }[] = [];
  for await (const patch of samplesOf(test.slice(0, 64), load)) covered.push({ patch, cover: coverOf(patch) });
  covered.sort((a, b) => a.cover - b.cover);
  const count = Math.min(most, covered.length);
  return Array.from({ length: count }, (_, i) => covered[Math.round(((i + 0.5) / count) * (covered.length - 1))].patch);
}

/** The images of a patch: red, green and blue under one stretch, that of the cloud-free image. */
export class ScenePanels {
  readonly cloudy: Panel;
  readonly outlined: Panel; // with the border of the cloud mask
  readonly cloudFree: Panel;
  readonly sar: Panel;
  readonly cloudMask: Panel;
  readonly labels: Panel;
  readonly #stretch: ReturnType<typeof percentileStretch>;

  constructor(patch: Patch, palette: Palette) {
    const tensors = completeTensors([patch]);
    const grid = (tensor: tf.Tensor4D): Grid => ({ shape: tensor.shape.slice(1), data: tensor.dataSync() });
    const [clear, clouded] = [grid(tensors.cloudFree), grid(tensors.cloudy)];
    this.#stretch = percentileStretch(clear, { bands });
    this.cloudy = { raster: this.optical(clouded), caption: `${(100 * coverOf(patch)).toFixed(0)} % cloud` };
    this.outlined = { ...this.cloudy, raster: outlined(this.cloudy.raster, patch.cloudMask.data) };
    this.cloudFree = { raster: this.optical(clear) };
    this.sar = { raster: sarImage(grid(tensors.sar), { channel: 0 }) };
    this.cloudMask = { raster: maskImage({ shape: [patch.cloudMask.height, patch.cloudMask.width], data: patch.cloudMask.data }) };
    this.labels = { raster: classMap(labelGrid(patch), palette) };
    tf.dispose(tensors as tf.TensorContainer);
  }

  optical(image: Grid): Raster {
    return falseColor(image, { bands, stretch: this.#stretch });
  }
}

/** The picture with the border pixels of a mask of its size in orange. */
function outlined({ width, height, data }: Raster, mask: ArrayLike<number>): Raster {
  const out = data.slice();
  const isBorder = (pixel: number): boolean => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const neighbours = [
      x > 0 ? pixel - 1 : pixel,
      x < width - 1 ? pixel + 1 : pixel,
      y > 0 ? pixel - width : pixel,
      y < height - 1 ? pixel + width : pixel,
    ];
    return mask[pixel] !== 0 && neighbours.some((other) => mask[other] === 0);
  };
  for (let pixel = 0; pixel < width * height; pixel++) if (isBorder(pixel)) out.set([255, 140, 0], pixel * 3);
  return { width, height, data: out };
}

const bands = [2, 1, 0] as const; // red, green, blue of B, G, R, NIR

export const labelGrid = ({ label: { height, width, data } }: Patch): Map2d => ({ shape: [height, width], data });

/** What a network makes of the cloudy image: classes on the grid of the labels, and the reconstruction where it has one. */
export function predictScene(
  model: Segmenter,
  patch: Patch,
  windows: WindowOptions,
): { readonly classes: Map2d; readonly reconstruction?: Map2d } {
  const { height, width } = patch.label;
  const tensors = completeTensors([patch]);
  const options = { ...windows, grids: { logits: [height, width] as const } };
  const { logits, reconstruction } = predictWindows(forwardOf(model), { optical: tensors.cloudy, sar: tensors.sar }, options);
  tf.dispose(tensors as tf.TensorContainer);
  return {
    classes: { shape: [height, width], data: argmaxLabels(logits).data },
    ...(reconstruction && { reconstruction: { shape: reconstruction.shape.slice(1), data: reconstruction.data } }),
  };
}

/** '63 % right', of the labelled pixels. */
export function accuracyText({ data: prediction }: Map2d, { label: { data: labels } }: Patch): string {
  const counted = labels.reduce((sum, label) => sum + (label === 255 ? 0 : 1), 0);
  const right = labels.reduce((sum, label, i) => sum + (label === prediction[i] ? 1 : 0), 0);
  return counted === 0 ? 'no label' : `${((100 * right) / counted).toFixed(0)} % right`;
}
