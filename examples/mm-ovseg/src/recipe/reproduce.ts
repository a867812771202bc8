import path from 'node:path';
import {
  checkChosen,
  claimsTable,
  classChart,
  dataFolder,
  figuresOf,
  judge,
  overSeeds,
  provenanceOf,
  reportFooter,
  runPlaces,
  runRows,
  trainingCharts,
  withRunFolder,
  writeTable,
  type Claim,
  type FinishedRun,
  type Reproduced,
  type ReproduceOptions,
} from '@rs/experiments';
import { writeReport, type Provenance, type Row as TableRow, type Table } from '@rs/report';
import { harmonicMean } from '../evaluate.js';
import { paper } from '../paper.js';
import { mmOvSeg, opticalDino, opticalOnly, withoutCmu, type Row } from '../rows.js';
import type { RecipeConfig } from './config.js';
import type { RecipeEvaluation } from './evaluate.js';
import { openPairs } from './pairs.js';
import { checkPretrained, weightsFile } from './pretrained.js';
import { finishedRecipeRow, unifiedSar, type RecipePlace } from './runs.js';
import { openScoredData, type ScoredData } from './scored-data.js';

/** With the paper's data there is its ablation alone: all its parts are in it. */
export const recipeTables: readonly number[] = [3];

const rows: readonly Row[] = [opticalOnly, opticalDino, withoutCmu, mmOvSeg];

/**
 * The paper's recipe on its data, with pretrained weights: stage 1 on pairs, stage 2 of each row of Table 3, scores. What an earlier session finished is
 * taken as it is. Files are looked for, and weights tried on the model, before anything is trained.
 *
 * @throws UsageError for another table or without --data; DatasetError, WeightsFileError for what is not there; Interrupted after SIGINT
 */
export async function reproduceRecipe(options: ReproduceOptions<RecipeConfig>): Promise<Reproduced> {
  checkChosen('table', options.tables, recipeTables);
  const root = dataFolder(options, 'config/paper.yaml (see the README)');
  const { config } = options;
  for (const name of ['clip', 'dino'] as const) weightsFile(config, root, name);
  const data = await openScoredData(config, root);
  const pairs = await openPairs(config, root);
  await checkPretrained(config, root);
  return withRunFolder(options, async (folder) => {
    const places = await runPlaces(options, folder, () => ({ root, data, pairs }));
    return rebuild(options, folder, places, data);
  });
}

async function rebuild(
  options: ReproduceOptions<RecipeConfig>,
  folder: string,
  places: readonly RecipePlace[],
  data: ScoredData,
): Promise<Reproduced> {
  const { config, engine, seeds, reporter } = options;
  const unified = await runRows(places, [mmOvSeg], (_, place) => unifiedSar(place));
  const runs = await runRows(places, rows, (row, place) => finishedRecipeRow(place, row));
  const [{ pairs }] = places;
  const provenance = provenanceOf({
    data: `${data.about}; ${pairs.length} pairs for stage 1 (paper: ${paper.other_figures['CMU-Data pairs']})`,
    inputs: `${config.edge}x${config.edge} inputs`,
    weights: `CLIP and DINO from ${config.weights.clip} and ${config.weights.dino}`,
    runs: [...unified, ...runs],
    engine,
    seeds,
    batchSize: config.segmentation.batchSize,
    keep: 'last',
  });
  const judged = claims.map((claim) => judge(claim, runs));
  const tables = [table3(runs, provenance, config), claimsTable(judged, { provenance, citation: paper.paper })];
  reporter.stage('Report');
  for (const [i, name] of ['table-3', 'claims'].entries()) await writeTable(path.join(folder, name), tables[i]);
  const report = path.join(folder, 'report.html');
  const perClass = ({ segmentation }: RecipeEvaluation): readonly number[] => segmentation.perClassIoU;
  await writeReport(report, {
    title: `MM-OVSeg, ${config.name}: reproduced beside the paper`,
    summary: [`Rows marked "reproduced" were measured in this run, on: ${provenance.data}. All others are what the paper's text prints.`],
    sections: [
      { title: 'Tables', blocks: tables.map((table) => ({ table })) },
      { title: 'Classes', blocks: classChart({ runs, classes: data.classes, perClass, title: 'IoU by class', value: 'IoU (%)' }) },
      { title: 'Training', blocks: trainingCharts([...unified, ...runs], { score: 'mIoU' }) },
    ],
    footer: reportFooter(options),
  });
  return { folder, report, tables };
}

type Figure = (evaluation: RecipeEvaluation) => number;

const columns: readonly (readonly [name: string, figure: Figure])[] = [
  ['mIoU', ({ segmentation }) => 100 * segmentation.mIoU],
  ['seen', ({ grouped }) => 100 * grouped.seen],
  ['unseen', ({ grouped }) => 100 * grouped.unseen],
  ['harmonic mean', ({ grouped }) => 100 * harmonicMean(grouped)],
  ['mPA', ({ segmentation }) => 100 * segmentation.mPA],
  ['OA', ({ segmentation }) => 100 * segmentation.OA],
];

const printed: Readonly<Record<string, number>> = Object.fromEntries(
  paper.tables['Table 3'].rows.map(({ cmu, def, value, derived }) => [
    (cmu ? mmOvSeg : def ? withoutCmu : opticalOnly).label,
    value ?? derived!,
  ]),
);

function table3(runs: readonly FinishedRun<RecipeEvaluation>[], provenance: Provenance, config: RecipeConfig): Table {
  const { steps, batchSize } = config.segmentation;
  const { epochs } = config.unification;
  return {
    title: `Table 3: ${paper.tables['Table 3'].title}`,
    columns: columns.map(([header]) => ({ header, unit: '%', digits: 1 })),
    rows: [
      ...Object.entries(printed).map(([label, mIoU]): TableRow => ({
        label,
        source: 'paper',
        cells: [mIoU, ...columns.slice(1).map(() => null)],
      })),
      ...rows.map(({ label }): TableRow => ({
        label,
        source: 'reproduced',
        cells: columns.map(([, figure]) => overSeeds(figuresOf(runs, label, figure))),
      })),
    ],
    citation: paper.paper,
    provenance,
    footnotes: [
      `Stage 1: ${epochs} epochs (the paper does not say how many); stage 2: ${steps} steps of ${batchSize} images (paper: 120000 of 8). ` +
        'DEF without CMU is 55.0 + 9.1 of the text. Which pairs of SpaceNet 6 and DFC 2023 the paper took is not published.',
    ],
  };
}

const mIoUOf = ({ label }: Row) => ({ row: label, figure: columns[0][1] });
const beats = (text: string, better: Row, worse: Row): Claim<RecipeEvaluation> => ({
  text,
  unit: 'mIoU, %',
  above: mIoUOf(better),
  below: mIoUOf(worse),
  ...(worse.label in printed && better.label in printed && { paper: printed[better.label] - printed[worse.label] }),
});

const claims: readonly Claim<RecipeEvaluation>[] = [
  beats('CMU + DEF beats optical only', mmOvSeg, opticalOnly),
  beats('DEF without CMU beats optical only', withoutCmu, opticalOnly),
  beats('CMU helps: CMU + DEF beats DEF without CMU', mmOvSeg, withoutCmu),
  beats('SAR helps: DEF without CMU beats CLIP and DINO on the optical image', withoutCmu, opticalDino),
];
