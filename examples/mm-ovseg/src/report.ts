import path from 'node:path';
import { classChart, classPalette, trainingCharts } from '@rs/experiments';
import { argmaxLabels } from '@rs/metrics';
import type { MmOvSeg } from '@rs/ovseg';
import {
  classMap,
  errorLegend,
  errorMap,
  falseColor,
  maskImage,
  paletteLegend,
  sarImage,
  scalarMap,
  writeReport,
  type Block,
  type LegendEntry,
  type Palette,
  type Panel,
  type Table,
} from '@rs/report';
import type { Place } from './place.js';
import type { PretrainingRun } from './pretraining.js';
import { mmOvSeg } from './rows.js';
import type { RunResult } from './runs.js';
import { similarityMaps, stagesOfFusion, type Stage } from './studies/fusion-stages.js';
import { stageNames } from './studies/tables.js';
import { absentWord, synonyms, wordLists } from './studies/word-lists.js';
import type { Tile, Tiles } from './tiles.js';

export interface ReportContent {
  readonly folder: string;
  readonly place: Place; // of the pictures: the first seed
  readonly title: string;
  readonly summary: readonly string[];
  readonly tables: readonly Table[];
  readonly runs: readonly RunResult[];
  readonly pretraining: readonly PretrainingRun[];
  readonly model: MmOvSeg; // of the pictures: the whole method
  readonly footer: string;
}

const scenesShown = 4;
/** Writes `report.html`: tables, similarity maps, predictions, the same scene asked with other words, curves. Returns its path. */
export async function writeOvsegReport(content: ReportContent): Promise<string> {
  const { folder, place, title, summary, tables, runs, pretraining, model, footer } = content;
  const { data } = place;
  const palette = classPalette(data.classes, data.colors);
  const tiles = await data.test(mmOvSeg.setting);
  const scenes = await chosenTiles(place, tiles);
  const sections = [
    { title: 'Tables', blocks: tables.map((table): Block => ({ table })) },
    {
      title: 'Class names and places, before and after fusion',
      blocks: [similarities(place, model, scenes[1])],
    },
    { title: 'Seen and unseen classes', blocks: [predictions(place, model, scenes, palette)] },
    { title: 'The same scene asked with other words', blocks: [otherWords(place, model, scenes[1], palette)] },
    { title: 'Classes', blocks: classCharts(runs, data.classes) },
    {
      title: 'Training',
      blocks: trainingCharts([...pretraining.filter(({ steps }) => steps > 0), ...runs.filter(({ steps }) => steps > 0)], {
        score: 'mIoU',
      }),
    },
  ];
  const file = path.join(folder, 'report.html');
  await writeReport(file, { title, summary, sections, footer });
  return file;
}

/** Scenes spread over the range of cloud cover, among those where an unseen class has a good share. */
async function chosenTiles({ data }: Place, { samples, load }: Tiles<Tile>): Promise<Tile[]> {
  const tiles = await Promise.all(samples.map(load));
  const least = 0.06; // of the pixels, of each unseen class
  const share = (tile: Tile, id: number): number => tile.label.data.filter((label) => label === id).length / tile.label.data.length;
  const rich = tiles.filter((tile) => data.unseen.every((id) => share(tile, id) >= least));
  const sorted = (rich.length >= scenesShown ? rich : tiles).sort((a, b) => coverOf(a) - coverOf(b));
  const count = Math.min(scenesShown, sorted.length);
  return Array.from({ length: count }, (_, i) => sorted[Math.round(((i + 0.5) / count) * (sorted.length - 1))]);
}

const coverOf = ({ cloudMask: { data } }: Tile): number => data.reduce((sum, cloud) => sum + cloud, 0) / data.length;

/** One row a class name, as the paper's Figure 5. */
function similarities(place: Place, model: MmOvSeg, tile: Tile): Block {
  const { classes, unseen } = place.data;
  const { shape, maps } = similarityMaps(place, mmOvSeg, model, [tile], classes);
  const [, height, width, count] = shape;
  const mapOf = (stage: Stage, id: number): Panel =>
    scalarMap({
      shape: [height, width],
      data: Float32Array.from({ length: height * width }, (_, pixel) => maps[stage][pixel * count + id]),
    });
  const rows = classes.map((name, id) => ({
    label: `${name}${unseen.includes(id) ? ' (unseen)' : ''}`,
    panels: [
      ...images(tile),
      ...stagesOfFusion.map((stage) => mapOf(stage, id)),
      { raster: maskImage({ shape: [height, width], data: Uint8Array.from(tile.label.data, (label) => Number(label === id)) }) },
    ],
  }));
  return {
    panels: {
      title: 'Similarity of each class name with each place',
      columns: [...imageColumns, ...stagesOfFusion.map((stage) => stageNames[stage]), 'where it is'],
      rows,
      notes: [`CMU + DEF, seed ${place.seed}; each map from its least to its largest value, resized to the image.`],
    },
  };
}

const imageColumns = ['optical', 'SAR'];

function images({ optical, sar }: Tile): Panel[] {
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

function predictions(place: Place, model: MmOvSeg, tiles: readonly Tile[], palette: Palette): Block {
  const { classes, unseen } = place.data;
  const rows = tiles.map((tile) => {
    const { predicted, truth } = segmented(place, model, tile, classes);
    const only = (ids: readonly number[]): Uint8Array => Uint8Array.from(truth.data, (label) => (ids.includes(label) ? label : 255));
    return {
      label: `tile ${tile.id.match(/\d+$/)?.[0] ?? tile.id}`,
      panels: [
        { ...images(tile)[0], caption: `${(100 * coverOf(tile)).toFixed(0)} % cloud` },
        images(tile)[1],
        { raster: classMap(predicted, palette), caption: `${right(predicted.data, truth.data)} right` },
        { raster: classMap(truth, palette) },
        { raster: errorMap(predicted, truth) },
        {
          raster: errorMap(predicted, { shape: truth.shape, data: only(unseen) }),
          caption: `${right(predicted.data, only(unseen))} right`,
        },
      ],
    };
  });
  return {
    panels: {
      title: 'CMU + DEF on scored tiles, from clear to overcast; all class names compete',
      columns: [...imageColumns, 'prediction', 'label', 'error', 'error, unseen classes alone'],
      rows,
      legend: marked(palette, place),
      notes: ['Tiles with both unseen classes. Labels of unseen classes were never trained on.'],
    },
  };
}

/** The palette with unseen classes marked, and what errors look like. */
function marked(palette: Palette, { data }: Place): LegendEntry[] {
  const entries = paletteLegend(palette).map((entry, id) =>
    data.unseen.includes(id) ? { ...entry, name: `${entry.name} (unseen)` } : entry,
  );
  return [...entries, ...errorLegend.filter(({ name }) => !entries.some((entry) => entry.name === name))];
}

interface LabelImage {
  readonly shape: number[];
  readonly data: Int32Array;
}

function segmented(place: Place, model: MmOvSeg, tile: Tile, names: readonly string[]): { predicted: LabelImage; truth: LabelImage } {
  const { shape, logits } = similarityMaps(place, mmOvSeg, model, [tile], names);
  const [, height, width] = shape;
  const { data } = argmaxLabels({ shape, data: logits });
  return { predicted: { shape: [height, width], data }, truth: { shape: [height, width], data: tile.label.data } };
}

function right(prediction: ArrayLike<number>, labels: ArrayLike<number>): string {
  let [counted, hits] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 255) continue;
    counted++;
    hits += Number(labels[i] === prediction[i]);
  }
  return counted === 0 ? 'none' : `${((100 * hits) / counted).toFixed(0)} %`;
}

const absent = { name: absentWord, color: '#ffffff' };

function otherWords(place: Place, model: MmOvSeg, tile: Tile, palette: Palette): Block {
  const { classes, unseen } = place.data;
  const asked: Palette = { ...palette, classes: [...palette.classes, absent] };
  const lists = wordLists(classes, unseen);
  const panels = lists.map(({ words, classOf }): Panel => {
    const { predicted, truth } = segmented(place, model, tile, words);
    const data = predicted.data.map((word) => (classOf[word] < 0 ? classes.length : classOf[word]));
    return { raster: classMap({ shape: predicted.shape, data }, asked), caption: `${right(data, truth.data)} right` };
  });
  const truth = { shape: [tile.label.height, tile.label.width], data: tile.label.data };
  return {
    panels: {
      title: 'One scene, six lists of words',
      columns: [...imageColumns, ...lists.map(({ say }) => say), 'label'],
      rows: [{ label: 'CMU + DEF', panels: [...images(tile), ...panels, { raster: classMap(truth, palette) }] }],
      legend: paletteLegend(asked),
      notes: [
        `Other words: ${Object.entries(synonyms)
          .map(([name, word]) => `${word} for ${name}`)
          .join(', ')}. The small CLIP of this run never read them, a pretrained one has: a guess is expected here.`,
      ],
    },
  };
}

const classCharts = (runs: readonly RunResult[], classes: readonly string[]): Block[] => [
  ...classChart({
    runs: runs.filter(({ label }) => !label.includes('setting')),
    classes,
    perClass: ({ segmentation }) => segmentation.cloudy.perClassIoU,
    title: 'IoU by class, cloudy pixels',
    value: 'IoU (%)',
  }),
];
