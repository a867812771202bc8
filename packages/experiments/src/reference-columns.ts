import type { Cell, Spread, Table } from '@rs/report';

export interface ReferenceOptions {
  readonly column: number; // of the table, which the references are compared with
  readonly references: Readonly<Record<string, Spread>>; // by row label, in the column's unit
  readonly source: string; // who measured them on what: 'a PyTorch implementation on the same world, three seeds'
}

/**
 * Puts two columns after one of a table: what an independent implementation measured in the same setting, and whether the reproduced mean lies
 * outside two of its spreads. A reference is no target: it tells a setting that went wrong from noise.
 *
 * @throws RangeError when a reference is of no reproduced row
 */
export function withReference(table: Table, { column, references, source }: ReferenceOptions): Table {
  const labels = table.rows.filter((row) => row.source === 'reproduced').map(({ label }) => label);
  const unknown = Object.keys(references).find((label) => !labels.includes(label));
  if (unknown !== undefined) {
    throw new RangeError(`withReference: references must be of reproduced rows (${labels.join(', ')}), got "${unknown}"`);
  }
  const { header, unit, digits } = table.columns[column];
  const path = typeof header === 'string' ? [header] : header;
  const name = path[path.length - 1];
  const inserted = [
    { header: [...path.slice(0, -1), `${name}, reference`], ...(unit && { unit }), ...(digits !== undefined && { digits }) },
    { header: [...path.slice(0, -1), `${name}, against it`] },
  ];
  const insert = <T>(cells: readonly T[], more: readonly T[]): T[] => [...cells.slice(0, column + 1), ...more, ...cells.slice(column + 1)];
  return {
    ...table,
    columns: insert(table.columns, inserted),
    rows: table.rows.map((row) => {
      const reference = row.source === 'reproduced' ? references[row.label] : undefined;
      const cells: Cell[] = reference ? [reference, against(row.cells[column], reference)] : [null, null];
      return { ...row, cells: insert(row.cells, cells) };
    }),
    footnotes: [
      ...(table.footnotes ?? []),
      `${path.join(', ')}, reference: ${source}; an independent implementation, not measured here. "outside": the mean here differs by more than two of its spreads.`,
    ],
  };
}

function against(cell: Cell, { mean, spread }: Spread): Cell {
  const here = typeof cell === 'object' ? cell?.mean : cell;
  if (typeof here !== 'number' || !Number.isFinite(here)) return null;
  return Math.abs(here - mean) > 2 * spread ? 'outside' : 'within';
}
