import path from 'node:path';
import { classChart, classPalette, meanAndSpread, trainingCharts } from '@rs/experiments';
import type { MmOvSeg } from '@rs/ovseg';
import {
  barChart,
  classMap,
  errorLegend,
  errorMap,
  maskImage,
  paletteLegend,
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
import { inSetting, mmOvSeg, opticalDino, opticalOnly, withoutCmu } from './rows.js';
import type { RunResult } from './runs.js';
import { coverOf, imageColumns, imagePanels, rightShare, segmented, truthOf } from './scene-panels.js';
import { settings, type SettingNumber } from './settings.js';
import { similarityMaps, stagesOfFusion, type Stage } from './studies/fusion-stages.js';
import { skyStrip } from './studies/sky-strip.js';
import { stageNames } from './studies/tables.js';
import { absentWord, synonyms, wordLists } from './studies/word-lists.js';
import type { Tile, Tiles } from './tiles.js';

export interface ReportContent {
  readonly folder: string;
  readonly place: Place; // of the pictures: the first seed
  readonly title: string;
  readonly summary: readonly string[];
  readonly tables: readonly Table[];
  readonly studies: readonly Table[]; // of finished models; none where they were not studied
  readonly runs: readonly RunResult[];
  readonly pretraining: readonly PretrainingRun[];
  readonly model: MmOvSeg; // of the pictures: the whole method
  readonly footer: string;
}

const scenesShown = 4;
/** Writes `report.html`: tables, similarity maps, predictions, the same scene asked with other words, curves. Returns its path. */
export async function writeOvsegReport(content: ReportContent): Promise<string> {
  const { folder, place, title, summary, tables, studies, runs, pretraining, model, footer } = content;
  const { data } = place;
  const palette = classPalette(data.classes, data.colors);
  const tiles = await data.test(mmOvSeg.setting);
  const scenes = await chosenTiles(place, tiles);
  const sections = [
    { title: 'Tables', blocks: tables.map((table): Block => ({ table })) },
    ...(studies.length > 0
      ? [
          {
            title: 'Clouds, sensors and words',
            blocks: [
              await skyStrip(place, scenes.at(-1)!.id, palette, named(palette, place)),
              ...studies.map((table): Block => ({ table })),
            ],
          },
        ]
      : []),
    {
      title: 'Class names and places, before and after fusion',
      blocks: [similarities(place, model, scenes[1])],
    },
    { title: 'Seen and unseen classes', blocks: [predictions(place, model, scenes, palette)] },
    { title: 'The same scene asked with other words', blocks: [otherWords(place, model, scenes[1], palette)] },
    { title: 'Classes', blocks: [...classCharts(runs, data.classes), ...seenAndUnseen(runs, place)] },
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
      ...imagePanels(tile),
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

function predictions(place: Place, model: MmOvSeg, tiles: readonly Tile[], palette: Palette): Block {
  const { classes, unseen } = place.data;
  const rows = tiles.map((tile) => {
    const [predicted, truth] = [segmented(place, mmOvSeg, model, tile, classes), truthOf(tile)];
    const [optical, sar] = imagePanels(tile);
    const only = (ids: readonly number[]): Uint8Array => Uint8Array.from(truth.data, (label) => (ids.includes(label) ? label : 255));
    return {
      label: `tile ${tile.id.match(/\d+$/)?.[0] ?? tile.id}`,
      panels: [
        { ...optical, caption: `${(100 * coverOf(tile)).toFixed(0)} % cloud` },
        sar,
        { raster: classMap(predicted, palette), caption: `${rightShare(predicted.data, truth.data)} right` },
        { raster: classMap(truth, palette) },
        { raster: errorMap(predicted, truth) },
        {
          raster: errorMap(predicted, { shape: truth.shape, data: only(unseen) }),
          caption: `${rightShare(predicted.data, only(unseen))} right`,
        },
      ],
    };
  });
  return {
    panels: {
      title: 'CMU + DEF on scored tiles, from clear to overcast; all class names compete',
      columns: [...imageColumns, 'prediction', 'label', 'error', 'error, unseen classes alone'],
      rows,
      legend: withErrors(palette, place),
      notes: ['Tiles with both unseen classes. Labels of unseen classes were never trained on.'],
    },
  };
}

/** The palette with unseen classes marked. */
const named = (palette: Palette, { data }: Place): LegendEntry[] =>
  paletteLegend(palette).map((entry, id) => (data.unseen.includes(id) ? { ...entry, name: `${entry.name} (unseen)` } : entry));

/** The same, and what errors look like. */
function withErrors(palette: Palette, place: Place): LegendEntry[] {
  const entries = named(palette, place);
  return [...entries, ...errorLegend.filter(({ name }) => !entries.some((entry) => entry.name === name))];
}

const absent = { name: absentWord, color: '#00ffff' };

function otherWords(place: Place, model: MmOvSeg, tile: Tile, palette: Palette): Block {
  const { classes, unseen } = place.data;
  const asked: Palette = { ...palette, classes: [...palette.classes, absent] };
  const lists = wordLists(classes, unseen);
  const truth = truthOf(tile);
  const panels = lists.map(({ words, classOf }): Panel => {
    const predicted = segmented(place, mmOvSeg, model, tile, words);
    const data = predicted.data.map((word) => (classOf[word] < 0 ? classes.length : classOf[word]));
    return { raster: classMap({ shape: predicted.shape, data }, asked), caption: `${rightShare(data, truth.data)} right` };
  });
  return {
    panels: {
      title: 'One scene, six lists of words',
      columns: [...imageColumns, ...lists.map(({ say }) => say), 'label'],
      rows: [{ label: 'CMU + DEF', panels: [...imagePanels(tile), ...panels, { raster: classMap(truth, palette) }] }],
      legend: paletteLegend(asked),
      notes: [
        `Other words: ${Object.entries(synonyms)
          .map(([name, word]) => `${word} for ${name}`)
          .join(', ')}. The small CLIP of this run never read them, a pretrained one has: a guess is expected here.`,
      ],
    },
  };
}

const shownByClass = [opticalOnly, opticalDino, withoutCmu, mmOvSeg];

const classCharts = (runs: readonly RunResult[], classes: readonly string[]): Block[] => [
  ...classChart({
    runs: runs.filter(({ label }) => shownByClass.some((row) => row.label === label)),
    classes,
    perClass: ({ segmentation }) => segmentation.cloudy.perClassIoU,
    title: 'IoU by class, cloudy pixels',
    value: 'IoU (%)',
  }),
];

/** The paper's Figure 3: one chart a setting. */
function seenAndUnseen(runs: readonly RunResult[], { data }: Place): Block[] {
  const numbers = Object.keys(settings).map(Number) as SettingNumber[];
  return numbers.flatMap((setting): Block[] => {
    const ofRow = runs.filter(({ label }) => label === inSetting(mmOvSeg, setting).label);
    const bars = data.classes.flatMap((label, id) => {
      const { mean: value, spread } = meanAndSpread(ofRow.map(({ evaluation }) => 100 * evaluation.segmentation.all.perClassIoU[id]));
      return Number.isFinite(value) ? [{ label, value, spread, group: data.unseen.includes(id) ? 'unseen' : 'seen' }] : [];
    });
    return bars.length > 0 ? [{ chart: barChart({ title: `CMU + DEF, setting ${setting}: ${settings[setting].weather}`, value: 'IoU (%)', bars }) }] : []; // prettier-ignore
  });
}
