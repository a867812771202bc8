import type { Cell, Column } from './table.js';

/** What a cell shows: fixed digits, "54.20 ± 0.31", "n/a" for an undefined value, a dash for none. */
export function cellText(cell: Cell, { digits = 2 }: Column): string {
  if (cell === null) return '–';
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') return numberText(cell, digits);
  return `${numberText(cell.mean, digits)} ± ${numberText(cell.spread, digits)}`;
}

function numberText(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'n/a';
  return Number.isFinite(value) ? value.toFixed(digits) : value > 0 ? '∞' : '-∞';
}
