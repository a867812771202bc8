import path from 'node:path';
import { disposeModule } from '@rs/nn';
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
  type Reproduced,
  type ReproduceOptions,
} from '@rs/experiments';
import { claimsOf } from './claims.js';
import type { Config } from './config.js';
import { openM3mCr, type PatchSplits } from './data.js';
import { cloudyFloor } from './evaluate.js';
import { paper } from './paper.js';
import { writeEdcReport } from './report.js';
import { edc, teacherRow, type Row } from './rows.js';
import { finishedModel, finishedRow, windowsOf, type RunPlace, type RunResult } from './runs.js';
import { tables as paperTables } from './tables.js';
import { TeacherFeatures } from './teacher-features.js';
import { openWorld } from './world.js';

export const tableNumbers: readonly number[] = Object.keys(paperTables).map(Number);

/**
 * Trains what the tables need, scores it, and writes tables and report. What an earlier session finished is taken as it is.
 *
 * @throws UsageError where data and config do not go together or a table is unknown; Interrupted after SIGINT; Error while another process works in the folder
 */
export async function reproduce(options: ReproduceOptions<Config>): Promise<Reproduced> {
  const unknown = options.tables.find((number) => !tableNumbers.includes(number));
  if (unknown !== undefined) throw new UsageError(`there is no table ${unknown}; there are ${tableNumbers.join(', ')}`);
  return withRunFolder(options, (folder) => rebuild(options, folder));
}

async function rebuild(options: ReproduceOptions<Config>, folder: string): Promise<Reproduced> {
  const { config, seeds, engine, reporter, eager, quiet } = options;
  const chosen = options.tables.map((number) => paperTables[number]);
  const rows = [...new Set(chosen.flatMap((table) => table.rows))];
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
  const floor = await cloudyFloor(samplesOf(splits.test, splits.load));
  const measured = { runs, cloudyFloor: floor, provenance, footnotes: footnotesOf(config) };
  const judged = claimsOf(rows).map((claim) => judge(claim, runs));
  const built = [...chosen.map((table) => table.build(measured)), claimsTable(judged, { ...measured, citation: paper.source })];
  const names = [...options.tables.map((number) => `table-${number}`), 'claims'];
  for (const [i, table] of built.entries()) await writeTable(path.join(folder, names[i]), table);
  reporter.stage('Report');
  const model = rows.includes(edc) ? await finishedModel(places[0], edc) : undefined;
  try {
    const report = await writeEdcReport({
      folder,
      title: `EDC, ${config.name}: reproduced beside the paper`,
      summary: [
        'EDC (Meng et al. 2026, arXiv:2603.20811) maps land cover from optical images under clouds together with radar images, and paints the clouds away. ' +
          "This is one run of the whole pipeline, from GeoTIFFs over training and scoring to the paper's tables.",
        `Rows marked "reproduced" were measured in it, on: ${splits.about}. ` +
          "All others are the paper's printed figures, on its own data and scale: the two are not comparable.",
      ],
      tables: built,
      runs,
      splits,
      model,
      windows: windowsOf(config),
      footer: `${engine}; config ${config.name}, fingerprint ${fingerprint(config)}; seeds ${seeds.join(', ')}`,
    });
    return { folder, report, tables: built };
  } finally {
    if (model) disposeModule(model);
  }
}

function openSplits({ config, dataRoot, reporter }: ReproduceOptions<Config>, seed: number, folder: string): Promise<PatchSplits> {
  const { data } = config;
  if (data.dataset === 'synthetic') {
    if (dataRoot !== undefined)
      throw new UsageError(`--data is given, but config ${config.name} is for the synthetic world; leave one of both out`);
    return openWorld(data, seed, path.join(folder, 'data'), reporter);
  }
  if (dataRoot === undefined) throw new UsageError(`config ${config.name} needs --data, a folder in the layout of M3M-CR`);
  return openM3mCr(dataRoot, data.validationShare);
}

/** One teacher serves all rows and seeds (spec/synthetic-world.md, section 5); then every row of every seed. */
async function trainRows(places: readonly RunPlace[], rows: readonly Row[]): Promise<RunResult[]> {
  const placeOf = new Map(places.map((place) => [place.seed, place]));
  const [first] = places;
  if (!rows.some(({ distillation }) => distillation)) {
    return runRows([...placeOf.keys()], rows, (row, seed) => finishedRow(placeOf.get(seed)!, row));
  }
  const teacherRun = await finishedRow(first, teacherRow);
  const teacher = await finishedModel(first, teacherRow);
  const features = new TeacherFeatures(teacher, first.config.data.dataset === 'synthetic', first);
  try {
    const run = (row: Row, seed: number): Promise<RunResult> =>
      finishedRow(placeOf.get(seed)!, row, row.distillation ? features : undefined);
    return [teacherRun, ...(await runRows([...placeOf.keys()], rows, run))];
  } finally {
    features.dispose();
    disposeModule(teacher);
  }
}

function footnotesOf({ loss }: Config): string[] {
  return [
    "Scores: one confusion matrix over all scored patches; cloudy and cloud-free by the data's own cloud mask, per pixel.",
    `Distillation weight gamma ${loss.gamma} (the paper: 1), norm ${loss.normalization}; one teacher for all rows and seeds (the paper: one a row).`,
  ];
}
