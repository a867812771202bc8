import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { classChart, classPalette, trainingCharts, type WindowOptions } from '@rs/experiments';
import { cosineCost, hardTransport, localAlign, type OtMmdSegmenter, type SegmenterVariant } from '@rs/ot-mmd-fusion';
import {
  barChart,
  classMap,
  errorLegend,
  errorMap,
  falseColor,
  lineChart,
  paletteLegend,
  percentileStretch,
  scalarMap,
  scatterChart,
  writeReport,
  type Block,
  type LegendEntry,
  type Panel,
  type Raster,
  type Section,
  type Table,
} from '@rs/report';
import { pairTensors, type PairSample, type PairSplits } from './data.js';
import { predict } from './evaluate.js';
import { capturedForward } from './forward.js';
import { frequencyMaps } from './frequency-maps.js';
import { matchChart } from './match-chart.js';
import { principalPlane } from './principal-plane.js';
import type { RunResult } from './runs.js';
import { stagesOf, type StageTokens } from './tokens.js';
import { mmdTerm } from './train.js';

export interface ReportContent {
  readonly folder: string;
  readonly title: string;
  readonly summary: readonly string[];
  readonly tables: readonly Table[];
  readonly runs: readonly RunResult[];
  readonly splits: PairSplits; // of image + elevation, first seed
  readonly models: ReadonlyMap<SegmenterVariant | 'A1 untrained', OtMmdSegmenter>; // of the pictures; those that were run
  readonly windows: WindowOptions;
  readonly eager: boolean;
  readonly footer: string;
}

const scenesShown = 4;

/** Writes `report.html`: tables, predictions, transport plans, MMD, frequency maps, curves. Returns its path. */
export async function writeFusionReport(content: ReportContent): Promise<string> {
  const { folder, title, summary, tables, runs, splits, models, footer } = content;
  const ofPair = runs.filter(({ label }) => !label.includes('SAR'));
  const shown = await shownSamples(splits);
  const sections: Section[] = [
    { title: 'Tables', blocks: tables.map((table): Block => ({ table })) },
    { title: 'Predictions', blocks: models.size > 0 ? [predictions(content, shown)] : [] },
    { title: 'Transport', blocks: transport(content, shown[0]) },
    { title: 'Distributions', blocks: [...mmdCharts(ofPair), ...clouds(content, shown[0])] },
    { title: 'Frequencies of the decoder', blocks: frequencies(content, shown.slice(0, 2)) },
    {
      title: 'Classes',
      blocks: classChart({
        runs: ofPair.filter(({ label }) => label === 'A' || label === 'A2'),
        classes: splits.classes,
        perClass: ({ segmentation }) => segmentation.perClassIoU,
        title: 'IoU by class, image + elevation',
        value: 'IoU (%)',
      }),
    },
    { title: 'Training', blocks: trainingCharts(runs, { score: 'mIoU' }) },
  ];
  const file = path.join(folder, 'report.html');
  await writeReport(file, { title, summary, sections: sections.filter(({ blocks }) => blocks.length > 0), footer });
  return file;
}

/** Scored samples with the most classes, for a map of one class says little. */
async function shownSamples({ test, load }: PairSplits): Promise<PairSample[]> {
  const counted: { readonly sample: PairSample; readonly classes: number }[] = [];
  for (const entry of test.slice(0, 32)) {
    const sample = await load(entry);
    counted.push({ sample, classes: new Set(sample.label.data).size });
  }
  return counted.sort((a, b) => b.classes - a.classes).slice(0, scenesShown).map(({ sample }) => sample); // prettier-ignore
}

function predictions({ splits, models, windows, eager }: ReportContent, samples: readonly PairSample[]): Block {
  const palette = classPalette(splits.classes, splits.colors);
  const variants = [...models.keys()].filter((name): name is SegmenterVariant => name !== 'A1 untrained');
  const forwards = variants.map((variant) => capturedForward(models.get(variant)!, { eager }));
  const rows = samples.map((sample) => {
    const { height, width, data } = sample.label;
    const labels = { shape: [height, width], data };
    const maps = forwards.map((forward) => ({ shape: [height, width], data: predict(forward, sample, windows) }));
    const right = (map: ArrayLike<number>): string => {
      const counted = data.reduce((sum, label) => sum + (label === 255 ? 0 : 1), 0);
      const hits = data.reduce((sum, label, i) => sum + (label === map[i] ? 1 : 0), 0);
      return `${((100 * hits) / Math.max(1, counted)).toFixed(0)} % right`;
    };
    const last = maps[maps.length - 1];
    const panels: Panel[] = [
      { raster: imageRaster(sample, splits) },
      auxPanel(sample),
      { raster: classMap(labels, palette) },
      ...maps.map((map) => ({ raster: classMap(map, palette), caption: right(map.data) })),
      { raster: errorMap(last, labels) },
    ];
    return { label: sample.id, panels };
  });
  for (const forward of forwards) forward.dispose();
  return {
    panels: {
      title: 'Scored scenes with the most classes, first seed',
      columns: ['image', 'elevation', 'labels', ...variants, `error of ${variants[variants.length - 1]}`],
      rows,
      legend: uniqueEntries([...paletteLegend(palette), ...errorLegend]),
      notes: ['Image: its bands as red, green and blue, 2nd to 98th percentile.'],
    },
  };
}

/** Who goes with whom, untrained and trained, in the finest and the coarsest stage. */
function transport({ splits, models, windows }: ReportContent, sample: PairSample): Block[] {
  const chosen = (['A1 untrained', 'A1', 'A2'] as const).filter((name) => models.has(name));
  const [left, right] = [cropped(imageRaster(sample, splits), windows.window), cropped(auxPanel(sample).raster, windows.window)];
  return chosen.flatMap((name) => {
    const stages = tokensOf(models.get(name)!, sample, windows.window);
    const blocks = [0, stages.length - 1].map((stage): Block => {
      const partners = tf.tidy(() => hardTransport(cosineCost(stages[stage].xp, stages[stage].xg)).assignP2g);
      const chart = matchChart({
        title: `${name}, stage ${stage + 1}: partners of image tokens among those of the elevation`,
        left,
        right,
        partners: partners.dataSync(),
      });
      partners.dispose();
      return { chart };
    });
    tf.dispose(stages);
    return blocks;
  });
}

/** The alignment loss of each stage over training, and what transport leaves of MMD with and without training on it. */
function mmdCharts(runs: readonly RunResult[]): Block[] {
  const curves = runs
    .filter(({ curves }) => mmdTerm(0) in curves)
    .filter(({ label, seed }, _i, all) => all.find((run) => run.label === label)!.seed === seed) // one seed a row
    .map(({ label, seed, curves }): Block => {
      const series = Object.entries(curves)
        .filter(([name]) => name.startsWith('MMD'))
        .map(([name, values]) => ({ name: name.replace('MMD, ', ''), points: smoothed(values) }));
      return {
        chart: lineChart({
          title: `${label}, seed ${seed}: MMD of each stage over training`,
          x: 'step',
          y: 'MMD^2, both directions',
          series,
        }),
      };
    });
  const seen = new Set<string>();
  const bars = runs.flatMap(({ label, evaluation }) => {
    if (seen.has(label) || evaluation.matching.length === 0) return [];
    seen.add(label);
    return evaluation.matching[0].stages.map(({ mmd2 }, i) => ({ label: `stage ${i + 1}, ${label}`, value: mmd2, group: label }));
  });
  if (bars.length === 0) return curves;
  const chart = barChart({
    title: 'MMD of moved tokens after training, scored scenes, first seed (A0 is not trained on it)',
    value: 'MMD^2, both directions',
    bars: bars.sort((a, b) => a.label.localeCompare(b.label)),
  });
  return [...curves, { chart }];
}

/** Tokens of both sensors, and those moved by transport, on the plane of their largest variance. */
function clouds({ models, windows }: ReportContent, sample: PairSample): Block[] {
  return (['A0', 'A1'] as const)
    .filter((name) => models.has(name))
    .map((name): Block => {
      const stages = tokensOf(models.get(name)!, sample, windows.window);
      const stage = Math.min(1, stages.length - 1);
      const { xp, xg } = stages[stage];
      const moved = tf.tidy(() => localAlign(xp, xg, { normalization: 'barycentric' }).alignedP);
      const groups: [string, number[][]][] = [
        ['image', xp.arraySync()[0]],
        ['elevation', xg.arraySync()[0]],
        ['image, moved', moved.arraySync()[0].filter((token) => token.some((value) => value !== 0))], // without places that nobody chose
      ];
      moved.dispose();
      tf.dispose(stages);
      const places = principalPlane(groups.flatMap(([, tokens]) => tokens));
      const names = groups.flatMap(([group, tokens]) => tokens.map(() => group));
      const points = places.map(([x, y], i) => ({ x, y, group: names[i] }));
      const title = `${name}: tokens of one scene, stage ${stage + 1}, on their first two principal components`;
      return { chart: scatterChart({ title, x: 'first component', y: 'second component', points }) };
    });
}

function frequencies({ splits, models, windows }: ReportContent, samples: readonly PairSample[]): Block[] {
  const model = models.get('A2') ?? models.get('A');
  if (!model?.decoder.fuse) return [];
  const steps = model.decoder.fuse.length;
  const rows = samples.map((sample) => {
    const { image, aux } = cornerTensors(sample, windows.window);
    const { fused, tokens } = tf.tidy(() => stagesOf(model, image, aux));
    const maps = frequencyMaps(model.decoder, fused);
    const panels: Panel[] = maps.flatMap(({ high, low, weights }) => [
      { ...scalarMap(high), caption: `weight ${weights[0].toFixed(2)}` },
      { ...scalarMap(low), caption: `weight ${weights[1].toFixed(2)}` },
    ]);
    for (const { high, low } of maps) tf.dispose([high, low]);
    tf.dispose([image, aux, ...fused]);
    tf.dispose(tokens);
    return { label: sample.id, panels: [{ raster: cropped(imageRaster(sample, splits), windows.window) }, ...panels] };
  });
  const columns = Array.from({ length: steps }, (_, k) => [`high, step ${k + 1}`, `low, step ${k + 1}`]).flat();
  return [
    {
      panels: {
        title: 'What the decoder sharpens and what it smooths, coarse to fine',
        columns: ['image', ...columns],
        rows,
        notes: [
          'High: mean size of what the high-pass filter adds to the finer map. Low: mean size of the enlarged, low-pass filtered coarser map. Weight: of the sum that follows.',
        ],
      },
    },
  ];
}

const cornerTensors = (sample: PairSample, window: number): { image: tf.Tensor4D; aux: tf.Tensor4D } =>
  tf.tidy(() => {
    const { image, aux } = pairTensors([sample]);
    const corner = (x: tf.Tensor4D): tf.Tensor4D =>
      tf.slice(x, 0, [1, Math.min(window, x.shape[1]), Math.min(window, x.shape[2]), x.shape[3]]);
    return { image: corner(image), aux: corner(aux) };
  });

/** Tokens of the upper left window. The caller disposes them. */
function tokensOf(model: OtMmdSegmenter, sample: PairSample, window: number): StageTokens[] {
  return tf.tidy(() => {
    const { image, aux } = cornerTensors(sample, window);
    return stagesOf(model, image, aux).tokens;
  });
}

function imageRaster({ optical }: PairSample, { display }: PairSplits): Raster {
  const { data, bands, height, width } = optical;
  const plane = height * width;
  const last = Float32Array.from(data, (_, i) => data[(i % bands) * plane + Math.floor(i / bands)]);
  const image = { shape: [height, width, bands], data: last };
  return falseColor(image, { bands: display, stretch: percentileStretch(image, { bands: display }) });
}

function auxPanel({ dsm, sar }: PairSample): Panel {
  const { data, height, width } = (dsm ?? sar)!;
  return scalarMap({ shape: [height, width], data: data.subarray(0, height * width) }, { scheme: 'greys' });
}

/** The upper left square of a picture. */
function cropped({ width, height, data }: Raster, window: number): Raster {
  const [w, h] = [Math.min(window, width), Math.min(window, height)];
  const cut = new Uint8ClampedArray(3 * w * h);
  for (let row = 0; row < h; row++) cut.set(data.subarray(3 * row * width, 3 * (row * width + w)), 3 * row * w);
  return { width: w, height: h, data: cut };
}

/** Means of up to 100 stretches of a curve: single batches are noise. */
function smoothed(values: readonly number[]): [number, number][] {
  const width = Math.max(1, Math.ceil(values.length / 100));
  return Array.from({ length: Math.ceil(values.length / width) }, (_, i) => {
    const part = values.slice(i * width, (i + 1) * width);
    return [i * width + part.length / 2, part.reduce((sum, value) => sum + value, 0) / part.length];
  });
}

/** Class and error maps ignore the same pixels. */
const uniqueEntries = (entries: readonly LegendEntry[]): LegendEntry[] =>
  entries.filter(({ name, color }, i) => entries.findIndex((other) => other.name === name && other.color === color) === i);
