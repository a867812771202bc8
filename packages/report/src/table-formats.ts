import CliTable from 'cli-table3';
import pc from 'picocolors';
import { cellText } from './cell-text.js';
import { checkTable, type Cell, type Table } from './table.js';
import { headerPath, headerRows } from './table-header.js';
import { provenanceText, rowLabel, sourceText, tableNotes } from './table-notes.js';

/**
 * A table for the terminal, reproduced rows in bold.
 *
 * @param options.color default: where the terminal shows colours and NO_COLOR is not set
 * @throws RangeError as `checkTable`
 */
export function toTerminal(table: Table, { color = pc.isColorSupported }: { readonly color?: boolean } = {}): string {
  checkTable(table);
  const { bold, dim } = pc.createColors(color);
  const out = new CliTable({ style: { head: [], border: [], compact: true } });
  headerRows(table.columns).forEach((cells, level, { length }) => {
    const corner = level === 0 ? ['', 'source'].map((content) => ({ content: bold(content), rowSpan: length })) : [];
    const headers = cells.map(({ text, ...spans }) => ({ content: bold(text), hAlign: 'center' as const, ...spans }));
    out.push([...corner, ...headers]);
  });
  for (const row of table.rows) {
    const shown = row.source === 'reproduced' ? bold : (text: string) => text;
    const cells = row.cells.map((cell, i) => ({ content: shown(cellText(cell, table.columns[i])), hAlign: 'right' as const }));
    out.push([shown(rowLabel(row)), shown(sourceText[row.source]), ...cells]);
  }
  const lines = out.toString().split('\n');
  const headerEnd = 1 + headerRows(table.columns).length;
  const firstReproduced = table.rows.findIndex(({ source }) => source === 'reproduced');
  const ruled = withRules(lines, firstReproduced > 0 ? [headerEnd, headerEnd + firstReproduced] : [headerEnd]);
  return [bold(table.title), ...ruled, ...tableNotes(table).map((note) => dim(note))].join('\n');
}

/** Lines of a table with a rule before each of the given ones, made from its lower border. */
function withRules(lines: readonly string[], before: readonly number[]): string[] {
  const rule = lines[lines.length - 1].replace('└', '├').replace('┘', '┤').replaceAll('┴', '┼');
  return lines.flatMap((line, i) => (before.includes(i) ? [rule, line] : [line]));
}

/** A GitHub-flavoured Markdown table; groups of columns become part of their names. @throws RangeError as `checkTable` */
export function toMarkdown(table: Table): string {
  checkTable(table);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/[|\\]/g, '\\$&').replace(/\n/g, ' ')).join(' | ')} |`;
  const headers = table.columns.map((column) => headerPath(column).join(' · '));
  const rows = table.rows.map((row) => [
    rowLabel(row),
    sourceText[row.source],
    ...row.cells.map((cell, i) => cellText(cell, table.columns[i])),
  ]);
  return [
    `**${table.title}**`,
    '',
    line(['', 'source', ...headers]),
    `|---|---|${'---:|'.repeat(headers.length)}`,
    ...rows.map(line),
    '',
    ...tableNotes(table).map((note) => `- ${note}`),
    '',
  ].join('\n');
}

/**
 * Comma-separated values in full precision (RFC 4180): every row says its source, and reproduced rows how they were measured, so that
 * a row copied out of the file still does. A column with spreads is followed by one for them.
 *
 * @throws RangeError as `checkTable`
 */
export function toCsv(table: Table): string {
  checkTable(table);
  const spreads = table.columns.map((_, i) => table.rows.some(({ cells }) => isSpread(cells[i])));
  const headers = table.columns.flatMap((column, i) => {
    const name = headerPath(column).join(' / ');
    return spreads[i] ? [name, `${name}: spread`] : [name];
  });
  const rows = table.rows.map(({ label, source, cells }) => [
    label,
    source,
    ...cells.flatMap((cell, i) => {
      const [mean, spread] = isSpread(cell) ? [cell.mean, cell.spread] : [cell, null];
      return spreads[i] ? [mean, spread] : [mean];
    }),
    source === 'reproduced' && table.provenance ? provenanceText(table.provenance) : (table.citation ?? ''),
  ]);
  const field = (value: string | number | null): string => {
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [['label', 'source', ...headers, 'measured'], ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** The table as JSON, indented; NaN and infinities, which JSON has not, as strings. @throws RangeError as `checkTable` */
export function toJson(table: Table): string {
  checkTable(table);
  const plain = (_key: string, value: unknown): unknown => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
  return `${JSON.stringify(table, plain, 2)}\n`;
}

const isSpread = (cell: Cell): cell is Exclude<Cell, string | number | null> => typeof cell === 'object' && cell !== null;
