import { figuresOf, overSeeds, withReference } from '@rs/experiments';
import type { Cell, Provenance, Spread, Table } from '@rs/report';
import type { BaselineSegmenter } from '../baselines.js';
import type { Evaluation, QualityFigures } from '../evaluate.js';
import { paper, type PaperDataset } from '../paper.js';
import type { Reference } from '../reference.js';
import type { Row } from '../rows.js';
import type { RemovalResult, RunResult } from '../runs.js';
import type { Studies } from '../studies/studies.js';

export type Compared = 'segmentation' | 'cloudRemoval';

/** All that was measured: finished runs, the floor of cloud removal on the same patches, and what is measured on demand. */
export interface Measured {
  readonly runs: readonly RunResult[];
  readonly baselines: readonly BaselineSegmenter[]; // that were run: their runs stand among the others
  readonly removals: readonly RemovalResult[]; // of baselines that remove clouds alone
  readonly studies: Studies;
  readonly cloudyFloor: QualityFigures;
  readonly dataset: PaperDataset; // whose printed figures stand beside ours
  readonly reference: Reference | undefined;
  readonly provenance: Provenance;
  readonly footnotes: readonly string[];
}

/** A table of the paper: which rows have to be run for it, and how it is put together. */
export interface PaperTable {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly compares?: Compared; // the task of the baselines that are run for it, too, where they are asked for
  readonly build: (measured: Measured) => Table | Promise<Table>;
}

export const percent = (value: number): number => 100 * value;

/** What all tables say of where their figures come from. */
export const shared = (
  { provenance, footnotes }: Measured,
  ...more: readonly string[]
): Pick<Table, 'citation' | 'provenance' | 'footnotes'> => ({
  citation: paper.source,
  provenance,
  footnotes: [...footnotes, ...more],
});

/** The same of what is built and timed without data. */
export const withoutData = (
  { provenance }: Measured,
  scale: string,
  ...footnotes: readonly string[]
): Pick<Table, 'provenance' | 'footnotes'> => ({
  provenance: { data: 'none: built, not trained', scale, engine: provenance.engine, seeds: [0] },
  footnotes,
});

/** A figure of a row over its seeds. */
export const cellOf = ({ runs }: Measured, { label }: Pick<Row, 'label'>, figure: (evaluation: Evaluation) => number): Cell =>
  overSeeds(figuresOf(runs, label, figure));

/** The table with reference columns for those of its rows that have them, where the setting is theirs. */
export function beside(
  table: Table,
  { reference }: Measured,
  columns: readonly { readonly column: number; readonly of: (reference: Reference) => Readonly<Record<string, Spread>> }[],
): Table {
  if (!reference) return table;
  const labels = table.rows.filter(({ source }) => source === 'reproduced').map(({ label }) => label);
  return [...columns]
    .sort((a, b) => b.column - a.column) // from the right, so that a column keeps its number until it is reached
    .reduce((result, { column, of }) => {
      const references = Object.fromEntries(Object.entries(of(reference)).filter(([label]) => labels.includes(label)));
      return withReference(result, { column, references, source: reference.source });
    }, table);
}

/** One value of each reference entry. */
export const valuesOf = <K extends string>(
  entries: Readonly<Record<string, Readonly<Record<K, Spread>>>>,
  key: K,
): Readonly<Record<string, Spread>> => Object.fromEntries(Object.entries(entries).map(([label, entry]) => [label, entry[key]]));
