import path from 'node:path';
import {
  checkChosen,
  claimsTable,
  dataFolder,
  distinctRows,
  judge,
  provenanceOf,
  refuseData,
  reportFooter,
  runPlaces,
  runRows,
  samplesOf,
  withRunFolder,
  writeTable,
  type Contents,
  type Reproduced,
  type ReproduceOptions,
} from '@rs/experiments';
import type { Section, Table } from '@rs/report';
import { baselines as allBaselines, type BaselineSegmenter } from './baselines.js';
import { claimsOf, removalClaimsOf } from './claims.js';
import { comparedIn } from './compared.js';
import type { Config } from './config.js';
import { openM3mCr, type PatchSplits } from './data.js';
import { cloudyFloor } from './evaluate.js';
import { figures as paperFigures } from './figures.js';
import { paper, paperDataset } from './paper.js';
import { referenceFor } from './reference.js';
import { writeEdcReport } from './report.js';
import type { Place } from './place.js';
import type { Row } from './rows.js';
import { finishedRemover, finishedRow, type RunResult } from './runs.js';
import { Studies } from './studies/studies.js';
import { tables as paperTables } from './tables.js';
import { Teachers } from './teachers.js';
import { openWhuOptSar } from './whu-opt-sar.js';
import { openWorld } from './world.js';

const titlesOf = (all: Readonly<Record<number, { readonly title: string }>>): Record<number, string> =>
  Object.fromEntries(Object.entries(all).map(([number, { title }]) => [number, title.replace(/^Figure \d+(: |, )?/, '').trim()]));

/** What there is to rebuild. */
export const contents: Contents = { tables: titlesOf(paperTables), figures: titlesOf(paperFigures) };
export const tableNumbers: readonly number[] = Object.keys(paperTables).map(Number);
export const figureNumbers: readonly number[] = Object.keys(paperFigures).map(Number);
export const baselineNames: readonly string[] = allBaselines.map(({ label }) => label);

/**
 * Trains what tables and figures need, scores it, and writes tables and report. What an earlier session finished is taken as it is.
 *
 * @throws UsageError where data and config do not go together, or a table, figure or baseline is unknown or out of place; Interrupted after SIGINT; Error while another
 *   process works in the folder
 */
export async function reproduce(options: ReproduceOptions<Config>): Promise<Reproduced> {
  const asked = partsOf(options);
  return withRunFolder(options, (folder) => rebuild(options, asked, folder));
}

/** What is to be rebuilt, and what has to be run for it. */
function partsOf({ tables: tableChoice, figures: figureChoice, baselines: chosen = [] }: ReproduceOptions<Config>) {
  checkChosen('table', tableChoice, tableNumbers);
  checkChosen('figure', figureChoice, figureNumbers);
  const tables = tableChoice.map((number) => ({ name: `table-${number}`, ...paperTables[number] }));
  const figures = figureChoice.map((number) => ({ name: `figure-${number}`, ...paperFigures[number] }));
  const parts = [...tables, ...figures];
  return { tables, figures, rows: distinctRows(parts.flatMap((part) => part.rows)), ...comparedIn(parts, chosen) };
}

async function rebuild(options: ReproduceOptions<Config>, asked: ReturnType<typeof partsOf>, folder: string): Promise<Reproduced> {
  const { config, seeds, engine, reporter } = options;
  const { tables, figures, rows, baselines, removers } = asked;
  const places = await runPlaces(options, folder, async (seed) => ({ splits: await openSplits(options, seed, folder) }));
  const runs = await trainRows(places, [...rows, ...baselines]);
  const removals = await runRows(places, removers, (remover, place) => finishedRemover(place, remover));

  const { splits } = places[0];
  const { training, model: network, data } = config;
  const provenance = provenanceOf({
    data: splits.about,
    inputs: `${data.crop}x${data.crop} inputs`,
    weights: network.pretrained ? `streams from ${network.pretrained}` : 'random initialisation',
    runs: [...runs, ...removals],
    engine,
    seeds,
    batchSize: training.batchSize,
    keep: training.keep,
  });
  const [dataset, studies] = [paperDataset(config), new Studies(places)];
  const floor = await cloudyFloor(samplesOf(splits.test, splits.load));
  const reference = await referenceFor(config);
  const measured = {
    runs,
    baselines,
    removals,
    studies,
    cloudyFloor: floor,
    dataset,
    reference,
    provenance,
    footnotes: footnotesOf(config),
  };
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
  const judged = [
    ...claimsOf(rows, dataset, floor, baselines).map((claim) => judge(claim, studies.studied(runs))),
    ...removalClaimsOf(removers, dataset).map((claim) => judge(claim, [...runs, ...removals])),
  ].filter(({ differences }) => differences.length > 0);
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
    removals,
    place: places[0],
    footer: reportFooter(options),
  });
  return { folder, report, tables: built.map(({ table }) => table) };
}

function openSplits(options: ReproduceOptions<Config>, seed: number, folder: string): Promise<PatchSplits> {
  const { config, reporter } = options;
  const { data } = config;
  if (data.dataset === 'synthetic') {
    refuseData(options);
    return openWorld(data, seed, path.join(folder, 'data'), reporter);
  }
  const root = dataFolder(options, paperDataset(config));
  return data.dataset === 'm3m-cr' ? openM3mCr(root, data.validationShare) : openWhuOptSar(root, data);
}

/** Every row of every seed, and before a row that distils its teacher. */
async function trainRows(places: readonly Place[], rows: readonly (Row | BaselineSegmenter)[]): Promise<RunResult[]> {
  const teachers = new Teachers(places[0]);
  try {
    const students = await runRows(places, rows, async (row, place) =>
      finishedRow(place, row, row.distillation ? await teachers.prepare(place, row) : undefined),
    );
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
