import type { Column } from './table.js';

/** A header cell that spans columns of one group, or the rows below a column with fewer groups than others. */
export interface HeaderCell {
  readonly text: string;
  readonly colSpan: number;
  readonly rowSpan: number;
}

/** The groups of a column and its own name, which carries the unit. */
export function headerPath({ header, unit }: Column): string[] {
  const path = typeof header === 'string' ? [header] : [...header];
  return unit === undefined ? path : [...path.slice(0, -1), `${path[path.length - 1]} (${unit})`];
}

/** The header's rows: neighbours of one group share a cell. */
export function headerRows(columns: readonly Column[]): HeaderCell[][] {
  const paths = columns.map(headerPath);
  const depth = Math.max(...paths.map((path) => path.length));
  const rows: HeaderCell[][] = Array.from({ length: depth }, () => []);
  for (let level = 0; level < depth; level++) {
    for (let column = 0; column < paths.length;) {
      const path = paths[column];
      const isLeaf = level >= path.length - 1; // or below one
      let end = column + 1;
      while (!isLeaf && end < paths.length && sameGroup(paths[end], path, level)) end++;
      if (level < path.length) rows[level].push({ text: path[level], colSpan: end - column, rowSpan: isLeaf ? depth - level : 1 });
      column = end;
    }
  }
  return rows;
}

const sameGroup = (a: readonly string[], b: readonly string[], level: number): boolean =>
  a.length > level + 1 && b.slice(0, level + 1).every((name, i) => a[i] === name);
