import path from 'node:path';
import {
  claimsTable,
  fingerprint,
  judge,
  provenanceOf,
  runRows,
  samplesOf,
  UsageError,
  withRunFolder,
  writeTable,
  type Contents,
  type Reproduced,
  type ReproduceOptions,
} from '@rs/experiments';
import type { Section, Table } from '@rs/report';
import { claimsOf } from './claims.js';
import type { Config } from './config.js';
import { openM3mCr, type PatchSplits } from './data.js';
import { cloudyFloor } from './evaluate.js';
import { figures as paperFigures } from './figures.js';
import { paper, paperDataset } from './paper.js';
import { referenceFor } from './reference.js';
import { writeEdcReport } from './report.js';
import type { Row } from './rows.js';
import { finishedRow, type RunPlace, type RunResult } from './runs.js';
import { Studies } from './studies/studies.js';
import { tables as paperTables } from './tables.js';
import { Teachers } from './teachers.js';
import { openWhuOptSar } from './whu-opt-sar.js';
import { openWorld } from './world.js';

const titlesOf = (all: Readonly<Record<number, { readonly title: string }>>): Record<number, string> =>
  Object.fromEntries(Object.entries(all).map(([number, { title }]) => [number, title]));

/** What there is to rebuild. */
export const contents: Contents = { tables: titlesOf(paperTables), figures: titlesOf(paperFigures) };
export const tableNumbers: readonly number[] = Object.keys(paperTables).map(Number);
export const figureNumbers: readonly number[] = Object.keys(paperFigures).map(Number);

/**
 * Trains what tables and figures need, scores it, and writes tables and report. What an earlier session finished is taken as it is.
 *
 * @throws UsageError where data and config do not go together, or a table or figure is unknown; Interrupted after SIGINT; Error while another
 *   process works in the folder
 */
export async function reproduce(options: ReproduceOptions<Config>): Promise<Reproduced> {
  const check = (kind: string, chosen: readonly number[], known: readonly number[]): void => {
    const unknown = chosen.find((number) => !known.includes(number));
    if (unknown !== undefined) throw new UsageError(`there is no ${kind} ${unknown}; there are ${known.join(', ')}`);
  };
  check('table', options.tables, tableNumbers);
  check('figure', options.figures, figureNumbers);
  return withRunFolder(options, (folder) => rebuild(options, folder));
}

async function rebuild(options: ReproduceOptions<Config>, folder: string): Promise<Reproduced> {
  const { config, seeds, engine, reporter, eager, quiet } = options;
  const tables = options.tables.map((number) => ({ name: `table-${number}`, ...paperTables[number] }));
  const figures = options.figures.map((number) => ({ name: `figure-${number}`, ...paperFigures[number] }));
  const rows = [...new Set([...tables, ...figures].flatMap((part) => part.rows))];
  const places: RunPlace[] = [];
  for (const seed of seeds)
    places.push({ config, splits: await openSplits(options, seed, folder), seed, folder, engine, reporter, eager, quiet });
  const runs = await trainRows(places, rows);

  const { splits } = places[0];
  const { training, model: network, data } = config;
  const provenance = provenanceOf({
    data: splits.about,
    inputs: `${data.crop}x${data.crop} inputs`,
    weights: network.pretrained ? `streams from ${network.pretrained}` : 'random initialisation',
    runs,
    engine,
    seeds,
    batchSize: training.batchSize,
    keep: training.keep,
  });
  const [dataset, studies] = [paperDataset(config), new Studies(places)];
  const floor = await cloudyFloor(samplesOf(splits.test, splits.load));
  const reference = await referenceFor(config);
  const measured = { runs, studies, cloudyFloor: floor, dataset, reference, provenance, footnotes: footnotesOf(config) };
  const built: { name: string; table: Table }[] = [];
  for (const { name, build } of tables) built.push({ name, table: await build(measured) });
  reporter.stage('Report');
  const sections: Section[] = [];
  for (const { name, title, draw } of figures) {
    const blocks = await draw({ ...measured, place: places[0] });
    sections.push({ title, blocks });
    const found = blocks.flatMap((block) => ('table' in block ? [block.table] : []));
    found.forEach((table, i) => built.push({ name: found.length > 1 ? `${name}-${i + 1}` : name, table }));
  }
  const judged = claimsOf(rows, dataset, floor)
    .map((claim) => judge(claim, studies.studied(runs)))
    .filter(({ differences }) => differences.length > 0);
  if (judged.length > 0) built.push({ name: 'claims', table: claimsTable(judged, { ...measured, citation: paper.source }) });
  for (const { name, table } of built) await writeTable(path.join(folder, name), table);
  const report = await writeEdcReport({
    folder,
    title: `EDC, ${config.name}: reproduced beside the paper`,
    summary: [
      'EDC (Meng et al. 2026, arXiv:2603.20811) maps land cover from optical images under clouds together with radar images, and paints the clouds away. ' +
        "This is one run of the whole pipeline, from GeoTIFFs over training and scoring to the paper's tables.",
      `Rows marked "reproduced" were measured in it, on: ${splits.about}. ` +
        "All others are the paper's printed figures, on its own data and scale: the two are not comparable.",
    ],
    tables: built.filter(({ name }) => !name.startsWith('figure-')).map(({ table }) => table),
    figures: sections,
    rows,
    runs,
    place: places[0],
    footer: `${engine}; config ${config.name}, fingerprint ${fingerprint(config)}; seeds ${seeds.join(', ')}`,
  });
  return { folder, report, tables: built.map(({ table }) => table) };
}

function openSplits({ config, dataRoot, reporter }: ReproduceOptions<Config>, seed: number, folder: string): Promise<PatchSplits> {
  const { data } = config;
  if (data.dataset === 'synthetic') {
    if (dataRoot !== undefined)
      throw new UsageError(`--data is given, but config ${config.name} is for the synthetic world; leave one of both out`);
    return openWorld(data, seed, path.join(folder, 'data'), reporter);
  }
  if (dataRoot === undefined) throw new UsageError(`config ${config.name} needs --data, a folder in the layout of ${paperDataset(config)}`);
  return data.dataset === 'm3m-cr' ? openM3mCr(dataRoot, data.validationShare) : openWhuOptSar(dataRoot, data);
}

/** Every row of every seed, and before a row that distils its teacher. */
async function trainRows(places: readonly RunPlace[], rows: readonly Row[]): Promise<RunResult[]> {
  const placeOf = new Map(places.map((place) => [place.seed, place]));
  const teachers = new Teachers(places[0]);
  try {
    const students = await runRows([...placeOf.keys()], rows, async (row, seed) => {
      const place = placeOf.get(seed) as RunPlace;
      return finishedRow(place, row, row.distillation ? await teachers.prepare(place, row) : undefined);
    });
    return [...teachers.runs, ...students];
  } finally {
    teachers.dispose();
  }
}

function footnotesOf({ loss, training }: Config): string[] {
  const teachers =
    training.teachers === 'one' ? 'one teacher for all rows and seeds (the paper: one a row)' : 'a teacher for each row and seed';
  return [
    "Scores: one confusion matrix over all scored patches; cloudy and cloud-free by the data's own cloud mask, per pixel.",
    `Distillation weight gamma ${loss.gamma} (the paper: 1), norm ${loss.normalization}; ${teachers}.`,
  ];
}
