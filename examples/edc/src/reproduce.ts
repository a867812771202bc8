import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { disposeModule } from '@rs/nn';
import { toCsv, toJson, toMarkdown, toTerminal, type Provenance, type Table } from '@rs/report';
import { writeAtomically } from '@rs/weights';
import { fingerprint, type Config } from './config.js';
import { openM3mCr, patchesOf, type Splits } from './data.js';
import { cloudyFloor } from './evaluate.js';
import { UsageError } from './exit-codes.js';
import { withFolderLock } from './lock-folder.js';
import type { Reporter } from './progress.js';
import { writeEdcReport } from './report.js';
import { edc, teacherRow, type Row } from './rows.js';
import { finishedModel, finishedRun, windowsOf, type RunPlace, type RunResult } from './runs.js';
import { tables as paperTables } from './tables.js';
import { TeacherFeatures } from './teacher-features.js';
import { openWorld } from './world.js';

export const tableNumbers: readonly number[] = Object.keys(paperTables).map(Number);

export interface ReproduceOptions {
  readonly config: Config;
  readonly dataRoot?: string; // of M3M-CR; absent for a synthetic world
  readonly seeds: readonly number[];
  readonly tables: readonly number[]; // of tableNumbers
  readonly out: string;
  readonly fresh: boolean;
  readonly engine: string;
  readonly reporter: Reporter;
  readonly eager: boolean;
  readonly quiet: boolean;
}

export interface Reproduced {
  readonly folder: string;
  readonly report: string;
  readonly tables: readonly Table[];
}

/**
 * Trains what the tables need, scores it, and writes tables and report. What an earlier session finished is taken as it is.
 *
 * @throws UsageError where data and config do not go together or a table is unknown; Interrupted after SIGINT; Error while another process works in the folder
 */
export async function reproduce(options: ReproduceOptions): Promise<Reproduced> {
  const { config, dataRoot, out, fresh } = options;
  const unknown = options.tables.find((number) => !tableNumbers.includes(number));
  if (unknown !== undefined) throw new UsageError(`there is no table ${unknown}; there are ${tableNumbers.join(', ')}`);
  const folder = path.join(out, `${config.name}-${fingerprint({ config, dataRoot })}`);
  await mkdir(out, { recursive: true });
  return withFolderLock(folder, async () => {
    if (fresh) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeAtomically(path.join(folder, 'config.yaml'), [Buffer.from(stringify(config))]);
    return rebuild(options, folder);
  });
}

async function rebuild(options: ReproduceOptions, folder: string): Promise<Reproduced> {
  const { config, seeds, engine, reporter, eager, quiet } = options;
  const chosen = options.tables.map((number) => paperTables[number]);
  const rows = [...new Set(chosen.flatMap((table) => table.rows))];
  const places: RunPlace[] = [];
  for (const seed of seeds)
    places.push({ config, splits: await openSplits(options, seed, folder), seed, folder, engine, reporter, eager, quiet });
  const runs = await runRows(places, rows);

  const { splits } = places[0];
  const measured = {
    runs,
    cloudyFloor: await cloudyFloor(patchesOf(splits.test, splits.load)),
    provenance: provenanceOf(config, splits, runs, seeds, engine),
    footnotes: footnotesOf(config),
  };
  const built = chosen.map((table) => table.build(measured));
  for (const [i, table] of built.entries()) {
    const name = path.join(folder, `table-${options.tables[i]}`);
    for (const [extension, text] of [
      ['md', toMarkdown(table)],
      ['csv', toCsv(table)],
      ['json', toJson(table)],
      ['txt', toTerminal(table, { color: false })],
    ] as const) {
      await writeAtomically(`${name}.${extension}`, [Buffer.from(text)]);
    }
  }
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

function openSplits({ config, dataRoot, reporter }: ReproduceOptions, seed: number, folder: string): Promise<Splits> {
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
async function runRows(places: readonly RunPlace[], rows: readonly Row[]): Promise<RunResult[]> {
  const runs: RunResult[] = [];
  const [first] = places;
  const distilled = rows.some(({ distillation }) => distillation);
  if (distilled) runs.push(await finishedRun(first, teacherRow));
  const teacher = distilled ? await finishedModel(first, teacherRow) : undefined;
  const features = teacher && new TeacherFeatures(teacher, first.config.data.dataset === 'synthetic', first);
  try {
    for (const place of places) {
      for (const row of rows) runs.push(await finishedRun(place, row, row.distillation ? features : undefined));
    }
  } finally {
    features?.dispose();
    if (teacher) disposeModule(teacher);
  }
  return runs;
}

function provenanceOf(config: Config, splits: Splits, runs: readonly RunResult[], seeds: readonly number[], engine: string): Provenance {
  const steps = runs.map(({ label, steps: count }) => `${label} ${count}`);
  const { crop } = config.data;
  return {
    data: splits.about,
    scale: `${crop}x${crop} inputs, steps: ${[...new Set(steps)].join(', ')}; ${config.model.pretrained ? `streams from ${config.model.pretrained}` : 'random initialisation'}`,
    engine,
    seeds,
    effectiveBatchSize: config.training.batchSize,
    checkpoint: config.training.keep,
  };
}

function footnotesOf({ loss }: Config): string[] {
  return [
    "Scores: one confusion matrix over all scored patches; cloudy and cloud-free by the data's own cloud mask, per pixel.",
    `Distillation weight gamma ${loss.gamma} (the paper: 1), norm ${loss.normalization}; one teacher for all rows and seeds (the paper: one a row).`,
  ];
}
