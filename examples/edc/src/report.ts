import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { toTensors, type LoadedSample } from '@rs/datasets';
import {
  barChart,
  classMap,
  cloudLegend,
  errorLegend,
  errorMap,
  falseColor,
  lineChart,
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
import { patchesOf, type Patch, type Splits } from './data.js';
import type { EDC } from './model.js';
import { predictPatch, type WindowOptions } from './sliding-windows.js';
import { meanAndSpread } from '@rs/experiments';
import type { RunResult } from './runs.js';

export interface ReportContent {
  readonly folder: string;
  readonly title: string;
  readonly summary: readonly string[];
  readonly tables: readonly Table[];
  readonly runs: readonly RunResult[]; // the teacher's first
  readonly splits: Splits;
  readonly model: EDC | undefined; // of the pictures; EDC's, first seed
  readonly windows: WindowOptions;
  readonly footer: string;
}

const scenesShown = 4;

/** Writes `report.html`: tables, pictures of a few scenes, curves. Returns its path. */
export async function writeEdcReport(content: ReportContent): Promise<string> {
  const { folder, title, summary, tables, runs, splits, model, windows, footer } = content;
  const palette: Palette = {
    classes: splits.classes.map((name, i) => ({
      name,
      color: `#${splits.colors[i].map((c) => c.toString(16).padStart(2, '0')).join('')}`,
    })),
  };
  const sections = [
    { title: 'Tables', blocks: tables.map((table): Block => ({ table })) },
    ...(model ? [{ title: 'Scenes', blocks: [await scenes(model, splits, palette, windows)] }] : []),
    { title: 'Classes', blocks: classCharts(runs, splits.classes) },
    { title: 'Training', blocks: trainingCharts(runs) },
  ];
  const file = path.join(folder, 'report.html');
  await writeReport(file, { title, summary, sections, footer });
  return file;
}

async function scenes(model: EDC, splits: Splits, palette: Palette, windows: WindowOptions): Promise<Block> {
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
async function chosenPatches({ test, load }: Splits): Promise<Patch[]> {
  const covered: { patch: Patch; cover: number }[] = [];
  for await (const patch of patchesOf(test.slice(0, 64), load)) {
    const { data } = patch.cloudMask;
    covered.push({ patch, cover: data.reduce((sum, cloud) => sum + cloud, 0) / data.length });
  }
  covered.sort((a, b) => a.cover - b.cover);
  const count = Math.min(scenesShown, covered.length);
  return Array.from({ length: count }, (_, i) => covered[Math.round(((i + 0.5) / count) * (covered.length - 1))].patch);
}

async function sceneRow(model: EDC, patch: Patch, palette: Palette, windows: WindowOptions): Promise<{ label: string; panels: Panel[] }> {
  const tensors = toTensors([patch as LoadedSample]);
  const [cloudy, cloudFree, sar] = [tensors.cloudy, tensors.cloudFree, tensors.sar] as tf.Tensor4D[];
  const { height, width } = patch.label;
  const { logits, reconstruction } = predictPatch((inputs) => model.call(inputs, 'eval'), cloudy, sar, [height, width], windows);
  const attention = tf.tidy(() => {
    const side = Math.min(windows.window, cloudy.shape[1], cloudy.shape[2]);
    const corner = (image: tf.Tensor4D): tf.Tensor4D => tf.slice(image, [0, 0, 0, 0], [1, side, side, image.shape[3]]);
    const [first] = model.call({ optical: corner(cloudy), sar: corner(sar) }, 'eval').attention;
    return tf.keep(tf.squeeze<tf.Tensor2D>(first, [0, 3]));
  });
  const image = (tensor: tf.Tensor4D) => ({ shape: tensor.shape.slice(1), data: tensor.dataSync() });
  const numClasses = palette.classes.length;
  const prediction = Int32Array.from({ length: height * width }, (_, i) => {
    const scores = logits.subarray(i * numClasses, (i + 1) * numClasses);
    return scores.indexOf(Math.max(...scores));
  });
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
    { raster: falseColor({ shape: clear.shape, data: reconstruction ?? clear.data }, { bands, stretch }) },
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

/** IoU of each class, the rows of the tables side by side; over several seeds mean and spread. */
function classCharts(runs: readonly RunResult[], classes: readonly string[]): Block[] {
  const students = runs.filter(({ label }) => label !== 'teacher');
  const labels = [...new Set(students.map(({ label }) => label))];
  const bars = classes.flatMap((name, i) =>
    labels.flatMap((group) => {
      const ofRow = students.filter(({ label }) => label === group);
      const values = ofRow.map(({ evaluation }) => 100 * evaluation.segmentation.all.perClassIoU[i]).filter(Number.isFinite);
      const { mean, spread } = meanAndSpread(values);
      return values.length > 0 ? [{ label: `${name}, ${group}`, value: mean, spread, group }] : [];
    }),
  );
  return bars.length > 0 ? [{ chart: barChart({ title: 'IoU by class, all scored pixels', value: 'IoU (%)', bars }) }] : [];
}

/** Losses of each run, then the validation scores of all. */
function trainingCharts(runs: readonly RunResult[]): Block[] {
  const series = runs.map(({ label, seed, validation }) => ({
    name: `${label}, seed ${seed}`,
    points: validation.map(({ step, mIoU }): [number, number] => [step, 100 * mIoU]),
  }));
  const validated = runs.some(({ validation }) => validation.length > 1);
  return [
    ...runs.map(lossChart),
    ...(validated ? [{ chart: lineChart({ title: 'Validation mIoU', x: 'step', y: 'mIoU (%)', series }) }] : []),
  ];
}

function lossChart({ label, seed, curves, steps, scoredStep }: RunResult): Block {
  const { loss, ...terms } = curves;
  const shown = Object.keys(terms).length > 1 ? { loss, ...terms } : { loss }; // a single term is the loss
  const series = Object.entries(shown).map(([name, values]) => ({ name, points: smoothed(values) }));
  const scored = scoredStep === steps ? `${steps} steps` : `${steps} steps, weights of step ${scoredStep} scored`;
  return { chart: lineChart({ title: `${label}, seed ${seed}: loss, ${scored}`, x: 'step', y: 'loss', series, logY: fallsFar(series) }) };
}

/** A curve that falls to less than a tenth is told best on a logarithmic axis, which needs positive values. */
function fallsFar(series: readonly { readonly points: readonly (readonly [number, number])[] }[]): boolean {
  const values = series.map(({ points }) => points.map(([, value]) => value).filter(Number.isFinite));
  return values.flat().every((value) => value > 0) && values.some((curve) => Math.max(...curve) > 10 * Math.min(...curve));
}

/** Means of up to 200 stretches of a curve: single batches are noise. */
function smoothed(values: readonly number[]): [number, number][] {
  const width = Math.max(1, Math.ceil(values.length / 200));
  return Array.from({ length: Math.ceil(values.length / width) }, (_, i) => {
    const part = values.slice(i * width, (i + 1) * width);
    return [i * width + part.length / 2, part.reduce((sum, value) => sum + value, 0) / part.length];
  });
}
