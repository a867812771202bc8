import path from 'node:path';
import { disposeModule } from '@rs/nn';
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
  UsageError,
  withRunFolder,
  writeTable,
  type Reproduced,
  type ReproduceOptions,
} from '@rs/experiments';
import { claimsOf } from './claims.js';
import type { Config } from './config.js';
import type { TileSplits } from './data.js';
import { claimFootnotes, runFootnotes } from './footnotes.js';
import { openLayout } from './layouts.js';
import { paper } from './paper.js';
import { writeStarsReport } from './report.js';
import { finishedNetwork, finishedRow, newNetwork } from './runs.js';
import { tables as paperTables, type NamedTable, type PaperTable } from './tables.js';
import { openWorld } from './world.js';

export const tableNumbers: readonly number[] = Object.keys(paperTables).map(Number);

/**
 * Trains what the tables need, scores it, and writes tables and report. What an earlier session finished is taken as it is.
 *
 * @throws UsageError where data, config and tables do not go together; Interrupted after SIGINT; Error while another process works in the folder
 */
export async function reproduce(options: ReproduceOptions<Config>): Promise<Reproduced> {
  const chosen = chosenTables(options);
  return withRunFolder(options, (folder) => rebuild(options, chosen, folder));
}

/** Tables of other data sets are left out; it is an error when none remains. */
function chosenTables({ config, tables, reporter }: ReproduceOptions<Config>): PaperTable[] {
  const { dataset } = config.data;
  checkChosen('table', tables, tableNumbers);
  const fits = (number: number): boolean => paperTables[number].datasets.includes(dataset);
  const known = tableNumbers.filter(fits);
  if (!tables.some(fits))
    throw new UsageError(
      `config ${config.name} is for ${dataset}, of which there are tables ${known.join(', ')}; asked for ${tables.join(', ')}`,
    );
  const left = tables.filter((number) => !fits(number));
  if (left.length > 0) reporter.note(`tables ${left.join(', ')} are of other data and left out`);
  return tables.filter(fits).map((number) => paperTables[number]);
}

async function rebuild(options: ReproduceOptions<Config>, chosen: readonly PaperTable[], folder: string): Promise<Reproduced> {
  const { config, seeds, engine, reporter } = options;
  const places = await runPlaces(options, folder, async (seed) => ({ splits: await openSplits(options, seed, folder) }));
  const [first] = places;
  const { splits } = first;
  const setting = { config, splits };
  const rows = distinctRows(chosen.flatMap((table) => table.rows(setting)));
  const runs = await runRows(places, rows, (row, place) => finishedRow(place, row));

  const { training, model, data } = config;
  const provenance = provenanceOf({
    data: splits.about,
    inputs: `${data.crop}x${data.crop} inputs`,
    weights: model.pretrained ? `encoders from ${model.pretrained}` : 'random initialisation',
    runs,
    engine,
    seeds,
    batchSize: training.batchSize,
    keep: training.keep,
  });
  const measured = { ...setting, runs, provenance, footnotes: runFootnotes(config, runs) };
  const judged = claimsOf(setting, rows).map((claim) => judge(claim, runs));
  const built: NamedTable[] = [
    ...chosen.flatMap((table) => table.build(measured)),
    {
      name: 'claims',
      table: claimsTable(judged, { provenance, citation: paper.source, footnotes: [...claimFootnotes, ...measured.footnotes] }),
    },
  ];
  for (const { name, table } of built) await writeTable(path.join(folder, name), table);
  const tables = built.map(({ table }) => table);
  reporter.stage('Report');
  const stars = rows.filter(({ network: { kind } }) => kind === 'stars');
  const shown = stars.find(({ label }) => label.startsWith('STARS')) ?? stars[0];
  const trained = shown && (await finishedNetwork(first, shown));
  const initial = shown && (await newNetwork(first, shown));
  try {
    const report = await writeStarsReport({
      places,
      rows,
      runs,
      tables,
      ...(trained?.stars && initial?.stars && { shown: { row: shown, trained, stars: trained.stars, initial: initial.stars } }),
      footer: reportFooter(options),
    });
    return { folder, report, tables };
  } finally {
    for (const network of [trained, initial]) if (network) disposeModule(network.model);
  }
}

function openSplits(options: ReproduceOptions<Config>, seed: number, folder: string): Promise<TileSplits> {
  const { reporter } = options;
  const { data } = options.config;
  if (data.dataset === 'synthetic') {
    refuseData(options);
    return openWorld(data, seed, path.join(folder, 'data'), reporter);
  }
  return openLayout(data, dataFolder(options, data.dataset), reporter);
}
