import path from 'node:path';
import { disposeModule } from '@rs/nn';
import {
  checkChosen,
  claimsTable,
  dataFolder,
  distinctRows,
  judge,
  keptFigures,
  provenanceOf,
  refuseData,
  reportFooter,
  runPlaces,
  runRows,
  withRunFolder,
  writeTable,
  type Reproduced,
  type ReproduceOptions,
} from '@rs/experiments';
import type { OtMmdSegmenter, SegmenterVariant } from '@rs/ot-mmd-fusion';
import type { Provenance, Table } from '@rs/report';
import { buildModel } from './build-model.js';
import { claimsOf } from './claims.js';
import type { Config } from './config.js';
import type { PairSplits } from './data.js';
import { efficiencyTable, growthTable, measureEfficiency } from './efficiency.js';
import { bandWidth } from './evaluate.js';
import { openIsprs } from './isprs.js';
import { paper } from './paper.js';
import type { Place } from './place.js';
import { writeFusionReport } from './report.js';
import { bilinearRow, forwardOnlyRow, lambdaRows, scaleRows, variantRows, type Pair, type Row } from './rows.js';
import { finishedModel, finishedRow, windowsOf, type RunResult } from './runs.js';
import { classesTable, controlsTable, matchingTable, sensitivityTable, variantsTable, type Measured } from './tables.js';
import { openWorld } from './world.js';

/** 1: the variants, with the efficiency of each; 2: efficiency alone, which trains nothing; 3: sensitivity; 4: controls. */
export const tableNumbers: readonly number[] = [1, 2, 3, 4];

/**
 * Trains what the tables need, scores it, and writes tables and report. What an earlier session finished is taken as it is.
 *
 * @throws UsageError where data and config do not go together or a table is unknown; Interrupted after SIGINT; Error while another process works in the folder
 */
export async function reproduce(options: ReproduceOptions<Config>): Promise<Reproduced> {
  checkChosen('table', options.tables, tableNumbers);
  return withRunFolder(options, (folder) => rebuild(options, folder));
}

async function rebuild(options: ReproduceOptions<Config>, folder: string): Promise<Reproduced> {
  const { config, reporter, eager } = options;
  const rows = rowsOf(options);
  const places = await placesOf(options, rows, folder);
  const runs: RunResult[] = [];
  for (const [pair, ofPair] of places) {
    const pairRows = rows.filter((row) => row.pair === pair);
    runs.push(...(await runRows(ofPair, pairRows, (row, place) => finishedRow(place, row))));
  }
  const named = [...trainedTables(options, places, runs), ...(await costTables(options, folder)), ...claims(options, places, rows, runs)];
  for (const [name, table] of named) await writeTable(path.join(folder, name), table);
  const built = named.map(([, table]) => table);

  const first = places.get('elevation')?.[0];
  if (!first) return { folder, report: path.join(folder, `${named[0][0]}.md`), tables: built };
  reporter.stage('Report');
  const models = await shownModels(first, rows);
  try {
    const report = await writeFusionReport({
      folder,
      title: `OT + MMD fusion, ${config.name}: reproduced beside the paper`,
      summary: [
        'The framework segments an image together with a second sensor: tokens of both are aligned by optimal transport, drawn together by MMD and fused by ' +
          'scans in linear time. This is one run of the whole pipeline, from data over training and scoring to the tables.',
        `Rows marked "reproduced" were measured in it, on: ${first.splits.about}. All others are the figures that the paper prints, which it calls expected ` +
          '(all but the baseline), on a data set that it does not name: the two are not comparable.',
      ],
      tables: built,
      runs,
      splits: first.splits,
      models,
      windows: windowsOf(config),
      eager,
      footer: reportFooter(options),
    });
    return { folder, report, tables: built };
  } finally {
    for (const model of models.values()) disposeModule(model);
  }
}

type Places = ReadonlyMap<Pair, readonly Place[]>; // one a seed

async function placesOf(options: ReproduceOptions<Config>, rows: readonly Row[], folder: string): Promise<Places> {
  const places = new Map<Pair, Place[]>();
  for (const pair of new Set(rows.map((row) => row.pair))) {
    places.set(pair, await runPlaces(options, folder, async (seed) => ({ splits: await openSplits(options, pair, seed) })));
  }
  return places;
}

type Named = readonly [name: string, table: Table]; // of its files

function trainedTables(options: ReproduceOptions<Config>, places: Places, runs: readonly RunResult[]): Named[] {
  const { config, tables } = options;
  const provenance = (pair: Pair, rows: readonly Row[]): Provenance => provenanceFor(options, places, rows, runs, pair);
  const classes = places.get('elevation')?.[0].splits.classes ?? [];
  const measured: Measured = { config, runs, classes, provenance, footnotes: footnotesOf(config) };
  return tables.flatMap((number): Named[] => {
    if (number === 1) {
      const sar: Named[] = places.has('sar') ? [['table-1-optical-sar', variantsTable(measured, 'sar')]] : [];
      return [
        ['table-1', variantsTable(measured, 'elevation')],
        ['table-1-classes', classesTable(measured)],
        ...sar,
        ['table-1-transport', matchingTable(measured)],
      ];
    }
    if (number === 3) return [['table-3', sensitivityTable(measured)]];
    if (number === 4) return [['table-4', controlsTable(measured)]];
    return [];
  });
}

async function costTables(options: ReproduceOptions<Config>, folder: string): Promise<Named[]> {
  const { config, tables } = options;
  if (!tables.includes(1) && !tables.includes(2)) return [];
  const efficiency = await keptFigures(path.join(folder, 'efficiency.json'), () => measureEfficiency(options));
  return [
    ['table-2', efficiencyTable(efficiency, config)],
    ['table-2-growth', growthTable(efficiency, config)],
  ];
}

function claims(options: ReproduceOptions<Config>, places: Places, rows: readonly Row[], runs: readonly RunResult[]): Named[] {
  const classes = places.get('elevation')?.[0].splits.classes ?? [];
  const judged = claimsOf(rows, classes, options.config.loss.lambda).map((claim) => judge(claim, runs));
  if (judged.length === 0) return [];
  const provenance = provenanceFor(options, places, rows, runs, 'elevation');
  return [['claims', claimsTable(judged, { provenance, citation: paper.paper, footnotes: footnotesOf(options.config) })]];
}

function provenanceFor(
  { config, engine, seeds }: ReproduceOptions<Config>,
  places: Places,
  rows: readonly Row[],
  runs: readonly RunResult[],
  pair: Pair,
): Provenance {
  const { training, model, data } = config;
  const pretrained = Object.values(model.pretrained ?? {});
  const labels = new Set(rows.map(({ label }) => label));
  return provenanceOf({
    data: places.get(pair)![0].splits.about,
    inputs: `${data.window}x${data.window} inputs`,
    weights: pretrained.length > 0 ? `encoders from ${pretrained.join(' and ')}` : 'random initialisation',
    runs: runs.filter(({ label }) => labels.has(label)),
    engine,
    seeds,
    batchSize: training.batchSize,
    keep: training.keep,
  });
}

/** The networks of the pictures: the variants that were run, with the weights of the first seed, and one as it was before training. */
async function shownModels(place: Place, rows: readonly Row[]): Promise<Map<SegmenterVariant | 'A1 untrained', OtMmdSegmenter>> {
  const models = new Map<SegmenterVariant | 'A1 untrained', OtMmdSegmenter>();
  for (const row of variantRows('elevation').filter(({ label }) => rows.some((other) => other.label === label))) {
    models.set(row.variant, await finishedModel(place, row));
    if (row.variant === 'A1') models.set('A1 untrained', await buildModel(place.config, row, place.splits, place.seed));
  }
  return models;
}

/** What has to be trained, each row once. */
function rowsOf({ config, dataRoot, tables }: ReproduceOptions<Config>): Row[] {
  const rows = tables.flatMap((number): Row[] => {
    if (number === 1) return [...variantRows('elevation'), ...(dataRoot === undefined ? variantRows('sar') : [])];
    if (number === 3) return [...lambdaRows(config), ...scaleRows(config)];
    if (number === 4) return [variantRows('elevation')[3], forwardOnlyRow, bilinearRow];
    return [];
  });
  return distinctRows(rows);
}

async function openSplits(options: ReproduceOptions<Config>, pair: Pair, seed: number): Promise<PairSplits> {
  const { data } = options.config;
  if (data.dataset === 'synthetic') {
    refuseData(options);
    return openWorld(data, pair, seed);
  }
  return openIsprs(data, dataFolder(options, `ISPRS ${data.dataset}`));
}

function footnotesOf({ data, loss }: Config): string[] {
  return [
    `Scores: one confusion matrix over all scored pixels, in windows of ${data.window} pixels with stride ${data.stride}, logits summed; border: pixels within ${bandWidth} rows and columns of one.`,
    `lambda ${loss.lambda}. Pieces: connected areas of one class in the predictions for one in the labels. Transport: both directions, means over the middles of some scored samples; ` +
      "chosen: tokens that are some token's partner; moved: tokens at the places of their partners.",
  ];
}
