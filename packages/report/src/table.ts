/**
 * Where a row's figures come from. 'paper': the paper this table reproduces; 'quoted': another paper's or method's figures, as that
 * paper prints them; 'reproduced': measured by this program.
 */
export type Source = 'paper' | 'quoted' | 'reproduced';

/** A mean over runs and its spread (standard deviation). */
export interface Spread {
  readonly mean: number;
  readonly spread: number;
}

/** null: there is no figure. NaN: the figure is undefined, as a mean over nothing is. */
export type Cell = number | Spread | string | null;

export interface Column {
  readonly header: string | readonly string[]; // groups first: ['M3M-CR', 'cloudy', 'mIoU']
  readonly unit?: string; // printed in the header: '%', 'dB'
  readonly digits?: number; // after the decimal point; default 2
}

export interface Row {
  readonly label: string;
  readonly source: Source;
  readonly cells: readonly Cell[]; // one a column
}

/** How the reproduced rows were measured; printed under the table. */
export interface Provenance {
  readonly data: string; // 'synthetic world, 48 test scenes of 64 x 64'
  readonly scale: string; // 'small: 0.9 M parameters, 400 steps'
  readonly engine: string; // 'TensorFlow 2.21, 2 threads'
  readonly seeds: readonly number[]; // one a run
  readonly effectiveBatchSize?: number;
  readonly checkpoint?: 'last' | 'best'; // which weights were evaluated
}

/** Rows of a paper beside reproduced ones. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly citation?: string; // what 'paper' is
  readonly footnotes?: readonly string[];
  readonly provenance?: Provenance; // must be there when a row is reproduced
}

/** @throws RangeError when a row has not a cell a column, and when reproduced rows do not say where they come from */
export function checkTable({ title, columns, rows, provenance }: Table): void {
  if (columns.length === 0) throw new RangeError(`table "${title}": columns must not be empty`);
  for (const { label, cells } of rows) {
    if (cells.length !== columns.length) {
      throw new RangeError(`table "${title}": row "${label}" must have ${columns.length} cells, got ${cells.length}`);
    }
  }
  const reproduced = rows.find(({ source }) => source === 'reproduced');
  if (reproduced && !provenance)
    throw new RangeError(`table "${title}": provenance must be given, row "${reproduced.label}" is reproduced`);
}
