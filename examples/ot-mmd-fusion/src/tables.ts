import { figuresOf, overSeeds } from '@rs/experiments';
import type { Cell, Provenance, Row as TableRow, Table } from '@rs/report';
import type { Config } from './config.js';
import type { Evaluation } from './evaluate.js';
import { paper } from './paper.js';
import { bilinearRow, forwardOnlyRow, lambdaRows, pairNames, scaleRows, variantRows, type Pair, type Row } from './rows.js';
import type { RunResult } from './runs.js';

/** All that was measured for a table. */
export interface Measured {
  readonly config: Config;
  readonly runs: readonly RunResult[];
  readonly classes: readonly string[]; // of image + elevation
  readonly provenance: (pair: Pair, rows: readonly Row[]) => Provenance;
  readonly footnotes: readonly string[];
}

const percent = (figure: (evaluation: Evaluation) => number) => (evaluation: Evaluation): number => 100 * figure(evaluation); // prettier-ignore
const figures = {
  mIoU: percent(({ segmentation }) => segmentation.mIoU),
  OA: percent(({ segmentation }) => segmentation.OA),
  mF1: percent(({ segmentation }) => segmentation.mF1),
  borderMIoU: percent(({ borderMIoU }) => borderMIoU),
  zeroedMIoU: percent(({ zeroedMIoU }) => zeroedMIoU),
  swappedMIoU: percent(({ swappedMIoU }) => swappedMIoU),
};
const cellOf = ({ runs }: Measured, label: string, figure: (evaluation: Evaluation) => number): Cell =>
  overSeeds(figuresOf(runs, label, figure).filter(Number.isFinite));
const shared = (measured: Measured, pair: Pair, rows: readonly Row[]): Pick<Table, 'citation' | 'provenance' | 'footnotes'> => ({
  citation: `${paper.paper}; its figures but for A are called expected there`,
  provenance: measured.provenance(pair, rows),
  footnotes: measured.footnotes,
});

/** Section 4.3: the variants, the paper's expected figures above the measured ones. */
export function variantsTable(measured: Measured, pair: Pair): Table {
  const rows = variantRows(pair);
  const scores = ['mIoU', 'OA', 'mF1'] as const;
  const printed = paper.table_4_3.rows.map((row): TableRow => ({
    label: row.name,
    source: 'paper',
    cells: [
      ...scores.map((score) => (row[score].spread === null ? row[score].value : { mean: row[score].value, spread: row[score].spread })),
      null,
      null,
      null,
      null,
    ],
  }));
  const reproduced = rows.map(({ label }): TableRow => ({
    label,
    source: 'reproduced',
    cells: [
      ...scores.map((score) => cellOf(measured, label, figures[score])),
      cellOf(measured, label, figures.borderMIoU),
      cellOf(measured, label, ({ pieces }) => pieces),
      cellOf(measured, label, figures.zeroedMIoU),
      cellOf(measured, label, figures.swappedMIoU),
    ],
  }));
  return {
    title: `Table of section 4.3: variants, ${pairNames[pair]} (the paper's rows: urban images + elevation, data set not named)`,
    columns: [
      ...scores.map((header) => ({ header, unit: '%' })),
      { header: 'border mIoU', unit: '%' },
      { header: 'pieces' },
      { header: ['second sensor', 'zeroed: mIoU'], unit: '%' },
      { header: ['second sensor', 'of another scene: mIoU'], unit: '%' },
    ],
    rows: [...printed, ...reproduced],
    ...shared(measured, pair, rows),
  };
}

/** Section 4.3: IoU of each class, and what A2 gains over A. */
export function classesTable(measured: Measured): Table {
  const { classes } = measured;
  const rows = variantRows('elevation');
  const iou = (id: number) => percent(({ segmentation }) => segmentation.perClassIoU[id]);
  const { 'low vegetation': low, car, 'impervious surface': impervious } = paper.per_class_iou_gain_4_3;
  const range = ([from, to]: readonly [number, number]): string => `+${from.toFixed(1)} to +${to.toFixed(1)}`;
  const expected: Readonly<Record<string, string>> = { 'low vegetation': range(low), car: range(car), impervious: range(impervious) };
  const gain = (id: number): Cell => {
    const of = (label: string): RunResult[] => measured.runs.filter((run) => run.label === label);
    const differences = of('A2').flatMap(({ seed, evaluation }) => {
      const base = of('A').find((run) => run.seed === seed);
      return base ? [iou(id)(evaluation) - iou(id)(base.evaluation)] : [];
    });
    return overSeeds(differences.filter(Number.isFinite));
  };
  return {
    title: 'Section 4.3: IoU by class, image + elevation',
    columns: classes.map((header) => ({ header, unit: '%' })),
    rows: [
      { label: 'gain over the baseline (variant not named)', source: 'paper', cells: classes.map((name) => expected[name] ?? null) },
      ...rows.map(({ label }): TableRow => ({
        label,
        source: 'reproduced',
        cells: classes.map((_, id) => cellOf(measured, label, iou(id))),
      })),
      { label: 'A2 - A, run by run', source: 'reproduced', cells: classes.map((_, id) => gain(id)) },
    ],
    ...shared(measured, 'elevation', rows),
  };
}

/** How tokens find each other in A1, by stage: untrained, trained, and with the elevation moved. */
export function matchingTable(measured: Measured): Table {
  const rows = variantRows('elevation').filter(({ variant }) => variant === 'A0' || variant === 'A1' || variant === 'A2');
  const figures = ['ownPlace', 'nearby', 'cosine', 'hit', 'mmd2', 'mmd2Unmoved'] as const;
  const stageCount = Math.max(0, ...measured.runs.map(({ evaluation }) => evaluation.untrained.length));
  const lines = rows.flatMap(({ label }) =>
    Array.from({ length: stageCount }, (_, stage) => stage).flatMap((stage) => {
      const line = (name: string, stagesOf: (evaluation: Evaluation) => Evaluation['untrained'] | undefined): TableRow => ({
        label: `${label}, stage ${stage + 1}, ${name}`,
        source: 'reproduced',
        cells: figures.map((figure) => {
          const scale = figure === 'mmd2' || figure === 'mmd2Unmoved' || figure === 'cosine' ? 1 : 100;
          return cellOf(measured, label, (evaluation) => scale * (stagesOf(evaluation)?.[stage]?.[figure] ?? NaN));
        }),
      });
      const moved = (shift: number): TableRow =>
        line(`elevation moved ${shift} px`, ({ matching }) => matching.find((entry) => entry.shift === shift)?.stages);
      return [
        line('untrained', ({ untrained }) => untrained),
        line('trained', ({ matching }) => matching[0]?.stages),
        ...(label === 'A1' ? [1, 2, 4, 8].map(moved) : []),
      ];
    }),
  );
  return {
    title: 'Transport: where the partners of tokens lie, and how far apart the distributions are',
    columns: [
      { header: 'own place', unit: '%' },
      { header: 'within 1 token', unit: '%' },
      { header: 'cosine', digits: 3 },
      { header: 'chosen', unit: '%' },
      { header: ['MMD^2', 'moved'], digits: 4 },
      { header: ['MMD^2', 'unmoved'], digits: 4 },
    ],
    rows: lines,
    ...shared(measured, 'elevation', rows),
  };
}

/** Sensitivity to lambda and to the bandwidth: the paper gives a range and says that both need tuning. */
export function sensitivityTable(measured: Measured): Table {
  const { config } = measured;
  const lines = [
    ...lambdaRows(config).map((row, i) => ({ name: `lambda ${config.sensitivity.lambdas[i]}`, row })),
    ...scaleRows(config).map((row, i) => ({ name: `bandwidth ${config.sensitivity.scales[i]} x mean rule`, row })),
  ];
  return {
    title: `Sensitivity of ${config.sensitivity.variant} to lambda (the paper: 0.05 to 0.2) and to the bandwidth`,
    columns: [
      { header: 'mIoU', unit: '%' },
      { header: 'OA', unit: '%' },
      { header: 'cross-entropy, last 50 steps', digits: 3 },
      { header: 'MMD^2 after training, mean of stages', digits: 4 },
    ],
    rows: lines.map(({ name, row: { label } }): TableRow => ({
      label: name,
      source: 'reproduced',
      cells: [
        cellOf(measured, label, figures.mIoU),
        cellOf(measured, label, figures.OA),
        overSeeds(measured.runs.filter((run) => run.label === label).map(({ curves }) => mean(curves.crossEntropy.slice(-50)))),
        cellOf(measured, label, ({ matching }) => mean(matching[0]?.stages.map(({ mmd2 }) => mmd2) ?? [])),
      ],
    })),
    ...shared(measured, 'elevation', lines.map(({ row }) => row)), // prettier-ignore
  };
}

/** What the backward scan and the predicted filters of the decoder are worth. */
export function controlsTable(measured: Measured): Table {
  const rows = [variantRows('elevation')[3], forwardOnlyRow, bilinearRow];
  return {
    title: 'Controls: A2 without the backward scan, and with a bilinear decoder',
    columns: ['mIoU', 'OA', 'mF1', 'border mIoU'].map((header) => ({ header, unit: '%' })),
    rows: rows.map(({ label }): TableRow => ({
      label,
      source: 'reproduced',
      cells: [
        ...(['mIoU', 'OA', 'mF1'] as const).map((score) => cellOf(measured, label, figures[score])),
        cellOf(measured, label, figures.borderMIoU),
      ],
    })),
    ...shared(measured, 'elevation', rows),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
