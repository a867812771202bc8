import { figuresOf, overSeeds } from '@rs/experiments';
import type { Cell, Column, Provenance, Table } from '@rs/report';
import { harmonicMean, type Evaluation } from '../evaluate.js';
import type { FullSize } from '../full-size.js';
import { paper } from '../paper.js';
import type { PretrainingRun } from '../pretraining.js';
import type { tableReferences } from '../references.js';
import { mmOvSeg, opticalDino, opticalOnly, type Row } from '../rows.js';
import type { RunResult } from '../runs.js';

/** What was measured for Table A2. */
export interface Costs {
  readonly fullSize: FullSize;
  readonly stepSeconds: Readonly<Record<string, number>>; // of a training step of each of `costRows`, by label
}

/** All that was measured. */
export interface Measured {
  readonly runs: readonly RunResult[];
  readonly pretraining: readonly PretrainingRun[];
  readonly costs: Costs | undefined; // where a table asks for them
  readonly provenance: Provenance;
  readonly besideReference: boolean; // the config is that of the reference figures
  readonly footnotes: readonly string[];
  readonly learning: { readonly batchSize: number; readonly rate: number };
}

/** A table of the paper: which rows have to be run for it, and how it is put together. */
export interface PaperTable {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly costs?: boolean; // steps are timed, and the model at full size is run once
  readonly studies?: boolean; // finished models are studied beside it
  readonly build: (measured: Measured) => Table[];
}

/** A figure of one scored run. */
export type Figure = (evaluation: Evaluation) => number;
export const percent = (figure: Figure): Figure => (evaluation) => 100 * figure(evaluation); // prettier-ignore

/** The figures of stage 2 in percent; seen, unseen and AUC of cloudy pixels. */
export const figures: Readonly<Record<keyof typeof tableReferences | 'harmonic mean', Figure>> = {
  'all pixels': percent(({ segmentation }) => segmentation.all.mIoU),
  cloudy: percent(({ segmentation }) => segmentation.cloudy.mIoU),
  clear: percent(({ segmentation }) => segmentation.cloudFree.mIoU),
  seen: percent(({ grouped }) => grouped.cloudy.seen),
  unseen: percent(({ grouped }) => grouped.cloudy.unseen),
  'harmonic mean': percent(({ grouped }) => harmonicMean(grouped.cloudy)),
  'AUC seen': percent(({ auc }) => auc.seen),
  'AUC unseen': percent(({ auc }) => auc.unseen),
};

/** A figure of a row over its seeds. */
export const cell = ({ runs }: Measured, { label }: Row, figure: Figure): Cell => overSeeds(figuresOf(runs, label, figure));

/** What stands below every table. */
export const shared = (
  { provenance, footnotes }: Measured,
  more: readonly string[] = [],
): Pick<Table, 'citation' | 'provenance' | 'footnotes'> => ({
  citation: paper.paper,
  provenance,
  footnotes: [...more, ...footnotes],
});

/** Why cells of printed rows are empty. */
export const missing = (table: string): string =>
  `The source at hand has no body of ${table}: empty cells of printed rows are figures that its text does not give.`;

/** The mIoU of a row in stage 2: on all pixels, and on cloudy ones of all, seen and unseen classes. */
export const scores = ['all pixels', 'cloudy', 'seen', 'unseen'] as const;

export const scoreColumns = (heading: string): Column[] => scores.map((name) => ({ header: [heading, name], unit: '%', digits: 1 }));

export const scoreCells = (measured: Measured, row: Row): Cell[] => scores.map((name) => cell(measured, row, figures[name]));

/** Rows of ours that stand beside the methods of the paper's tables, as `named` says. */
export const comparison: readonly Row[] = [opticalOnly, opticalDino, mmOvSeg];
const after: Readonly<Record<string, string>> = {
  [opticalOnly.label]: 'as CAT-Seg',
  [opticalDino.label]: 'as GSNet',
  [mmOvSeg.label]: 'MM-OVSeg',
};

export const named = ({ label }: Row): string => `${label} (${after[label]})`;
