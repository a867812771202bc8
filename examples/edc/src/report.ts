import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { classChart, classPalette, completeTensors, predictWindows, samplesOf, trainingCharts, type WindowOptions } from '@rs/experiments';
import { argmaxLabels } from '@rs/metrics';
import {
  classMap,
  cloudLegend,
  errorLegend,
  errorMap,
  falseColor,
  maskImage,
  paletteLegend,
  percentileStretch,
  sarImage,
  scalarMap,
  writeReport,
  type Block,
  type LegendEntry,
  type Palette,
  type Panel,
  type Table,
} from '@rs/report';
import type { Patch, PatchSplits } from './data.js';
import { forwardOf } from './forward.js';
import type { EDC } from './model.js';
import { teacherRow } from './rows.js';
import type { RunResult } from './runs.js';

export interface ReportContent {
  readonly folder: string;
  readonly title: string;
  readonly summary: readonly string[];
  readonly tables: readonly Table[];
  readonly runs: readonly RunResult[]; // the teacher's first
  readonly splits: PatchSplits;
  readonly model: EDC | undefined; // of the pictures; EDC's, first seed
  readonly windows: WindowOptions;
  readonly footer: string;
}

const scenesShown = 4;

/** Writes `report.html`: tables, pictures of a few scenes, curves. Returns its path. */
export async function writeEdcReport(content: ReportContent): Promise<string> {
  const { folder, title, summary, tables, runs, splits, model, windows, footer } = content;
  const palette = classPalette(splits.classes, splits.colors);
  const students = runs.filter(({ label }) => label !== teacherRow.label);
  const sections = [
    { title: 'Tables', blocks: tables.map((table): Block => ({ table })) },
    ...(model ? [{ title: 'Scenes', blocks: [await scenes(model, splits, palette, windows)] }] : []),
    { title: 'Classes', blocks: classCharts(students, splits.classes) },
    { title: 'Training', blocks: trainingCharts(runs, { score: 'mIoU' }) },
  ];
  const file = path.join(folder, 'report.html');
  await writeReport(file, { title, summary, sections, footer });
  return file;
}

async function scenes(model: EDC, splits: PatchSplits, palette: Palette, windows: WindowOptions): Promise<Block> {
  const patches = await chosenPatches(splits);
  const rows = [];
  for (const patch of patches) rows.push(await sceneRow(model, patch, palette, windows));
  const larger = patches.some(({ cloudy: { width, height } }) => Math.max(width, height) > windows.window);
  return {
    panels: {
      title: 'EDC on scored scenes, from clear to overcast',
      columns: [
        'cloudy optical',
        'cloud-free optical',
        'SAR, VV',
        'cloud mask',
        'reconstruction',
        `attention A, stage 1${larger ? ', first window' : ''}`,
        'prediction',
        'label',
        'error',
      ],
      rows,
      legend: uniqueEntries([...paletteLegend(palette), ...cloudLegend, ...errorLegend]),
      notes: [
        'Optical: red, green, blue, one stretch (2nd to 98th percentile of the cloud-free image) for all three.',
        'Error: of the labelled pixels.',
        'Attention A: high where optical and SAR disagree; nothing supervises it.',
      ],
    },
  };
}

/** Class and error maps ignore the same pixels. */
const uniqueEntries = (entries: readonly LegendEntry[]): LegendEntry[] =>
  entries.filter(({ name, color }, i) => entries.findIndex((other) => other.name === name && other.color === color) === i);

/** Scenes spread over the range of cloud cover. */
async function chosenPatches({ test, load }: PatchSplits): Promise<Patch[]> {
  const covered: { patch: Patch; cover: number }[] = [];
  for await (const patch of samplesOf(test.slice(0, 64), load)) {
    const { data } = patch.cloudMask;
    covered.push({ patch, cover: data.reduce((sum, cloud) => sum + cloud, 0) / data.length });
  }
  covered.sort((a, b) => a.cover - b.cover);
  const count = Math.min(scenesShown, covered.length);
  return Array.from({ length: count }, (_, i) => covered[Math.round(((i + 0.5) / count) * (covered.length - 1))].patch);
}

async function sceneRow(model: EDC, patch: Patch, palette: Palette, windows: WindowOptions): Promise<{ label: string; panels: Panel[] }> {
  const tensors = completeTensors([patch]);
  const { cloudy, cloudFree, sar } = tensors;
  const { height, width } = patch.label;
  const options = { ...windows, grids: { logits: [height, width] as const } };
  const { logits, reconstruction } = predictWindows(forwardOf(model), { optical: cloudy, sar }, options);
  const attention = tf.tidy(() => {
    const side = Math.min(windows.window, cloudy.shape[1], cloudy.shape[2]);
    const corner = (image: tf.Tensor4D): tf.Tensor4D => tf.slice(image, [0, 0, 0, 0], [1, side, side, image.shape[3]]);
    const [first] = model.call({ optical: corner(cloudy), sar: corner(sar) }, 'eval').attention;
    return tf.keep(tf.squeeze<tf.Tensor2D>(first, [0, 3]));
  });
  const image = (tensor: tf.Tensor4D) => ({ shape: tensor.shape.slice(1), data: tensor.dataSync() });
  const prediction = argmaxLabels(logits).data;
  const [clear, clouded] = [image(cloudFree), image(cloudy)];
  const bands = [2, 1, 0] as const; // red, green, blue of B, G, R, NIR
  const stretch = percentileStretch(clear, { bands });
  const cover = patch.cloudMask.data.reduce((sum, cloud) => sum + cloud, 0) / patch.cloudMask.data.length;
  const labels = { shape: [height, width], data: patch.label.data };
  const predicted = { shape: [height, width], data: prediction };
  const panels: Panel[] = [
    { raster: falseColor(clouded, { bands, stretch }), caption: `${(100 * cover).toFixed(0)} % cloud` },
    { raster: falseColor(clear, { bands, stretch }) },
    { raster: sarImage(image(sar), { channel: 0 }) },
    { raster: maskImage({ shape: [patch.cloudMask.height, patch.cloudMask.width], data: patch.cloudMask.data }) },
    { raster: falseColor({ shape: clear.shape, data: reconstruction?.data ?? clear.data }, { bands, stretch }) },
    scalarMap(attention, { range: [0, 1] }),
    { raster: classMap(predicted, palette) },
    { raster: classMap(labels, palette) },
    { raster: errorMap(predicted, labels), caption: `${accuracy(prediction, patch.label.data)} right` },
  ];
  tf.dispose([attention]);
  tf.dispose(tensors as tf.TensorContainer);
  return { label: patch.id.replaceAll('_', ' '), panels };
}

function accuracy(prediction: Int32Array, labels: Int32Array): string {
  const counted = labels.reduce((sum, label) => sum + (label === 255 ? 0 : 1), 0);
  const right = labels.reduce((sum, label, i) => sum + (label === prediction[i] ? 1 : 0), 0);
  return counted === 0 ? 'none' : `${((100 * right) / counted).toFixed(0)} %`;
}

const classCharts = (runs: readonly RunResult[], classes: readonly string[]): Block[] =>
  classChart({
    runs,
    classes,
    perClass: ({ segmentation }) => segmentation.all.perClassIoU,
    title: 'IoU by class, all scored pixels',
    value: 'IoU (%)',
  });
