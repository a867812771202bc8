import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import {
  checkTable,
  provenanceText,
  toCsv,
  toHtml,
  toJson,
  toMarkdown,
  toTerminal,
  type Cell,
  type Source,
  type Table,
} from '../src/index.js';
import { headerRows } from '../src/table-header.js';

const provenance = {
  data: 'synthetic world',
  scale: 'small',
  engine: 'TensorFlow 2.21',
  seeds: [3, 4],
  effectiveBatchSize: 8,
  checkpoint: 'best',
} as const;
const table: Table = {
  title: 'Table I',
  columns: [
    { header: ['M3M-CR', 'cloudy', 'mIoU'], unit: '%' },
    { header: ['M3M-CR', 'clear', 'mIoU'], unit: '%' },
    { header: 'params', unit: 'M', digits: 1 },
  ],
  rows: [
    { label: 'CMX', source: 'quoted', cells: [48.73, 51.98, 66.57] },
    { label: 'EDC', source: 'paper', cells: [51.24, NaN, 'none'] },
    { label: 'EDC', source: 'reproduced', cells: [{ mean: 60, spread: 0.5 }, null, Infinity] },
  ],
  citation: 'Meng et al. 2026',
  footnotes: ['clear: cloudMask = 0'],
  provenance,
};
const formats = { toTerminal: (one: Table) => toTerminal(one, { color: false }), toMarkdown, toCsv, toJson, toHtml };

test('neighbours of one group share a header cell, shorter paths reach down', () => {
  expect(headerRows(table.columns)).toEqual([
    [
      { text: 'M3M-CR', colSpan: 2, rowSpan: 1 },
      { text: 'params (M)', colSpan: 1, rowSpan: 3 },
    ],
    [
      { text: 'cloudy', colSpan: 1, rowSpan: 1 },
      { text: 'clear', colSpan: 1, rowSpan: 1 },
    ],
    [
      { text: 'mIoU (%)', colSpan: 1, rowSpan: 1 },
      { text: 'mIoU (%)', colSpan: 1, rowSpan: 1 },
    ],
  ]);
});

test('the header covers every column once on each level', () => {
  const paths = fc.array(fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(paths, (headers) => {
      const rows = headerRows(headers.map((header) => ({ header })));
      const cells = rows.reduce((sum, row) => sum + row.reduce((all, { colSpan, rowSpan }) => all + colSpan * rowSpan, 0), 0);
      expect(cells).toBe(headers.length * rows.length);
    }),
    { seed: 1 },
  );
});

test.each(Object.entries(formats))('%s tells reproduced rows from printed ones, and says how they were measured', (_name, format) => {
  const text = format(table).replaceAll('&#39;', "'");
  for (const part of ['CMX', 'quoted', 'paper', 'reproduced', 'Meng et al. 2026', 'synthetic world', 'small', 'TensorFlow 2.21'])
    expect(text).toContain(part);
  expect(() => format({ ...table, provenance: undefined })).toThrow('table "Table I": provenance must be given, row "EDC" is reproduced');
  expect(() => format({ ...table, rows: [{ label: 'EDC', source: 'paper', cells: [1] }] })).toThrow('row "EDC" must have 3 cells, got 1');
});

test('a table of printed figures alone needs no provenance', () => {
  const printed = { ...table, rows: table.rows.slice(0, 2), provenance: undefined };
  expect(() => checkTable(printed)).not.toThrow();
  expect(toMarkdown(printed)).not.toContain('▸');
  expect(() => checkTable({ ...printed, columns: [], rows: [] })).toThrow('columns must not be empty');
});

test('Markdown, line by line', () => {
  expect(toMarkdown(table).split('\n')).toEqual([
    '**Table I**',
    '',
    '|  | source | M3M-CR · cloudy · mIoU (%) | M3M-CR · clear · mIoU (%) | params (M) |',
    '|---|---|---:|---:|---:|',
    '| CMX | quoted | 48.73 | 51.98 | 66.6 |',
    '| EDC | paper | 51.24 | n/a | none |',
    '| ▸ EDC | reproduced | 60.00 ± 0.50 | – | ∞ |',
    '',
    '- ▸ Reproduced here: synthetic world; small; TensorFlow 2.21; seeds 3, 4; mean ± standard deviation of 2 runs; effective batch size 8; best checkpoint.',
    "- paper: as printed in Meng et al. 2026, on the paper's own data and scale; not measured here.",
    '- quoted: as printed in the paper for other methods; not measured here.',
    '- clear: cloudMask = 0',
    '',
  ]);
  expect(provenanceText({ data: 'd', scale: 's', engine: 'e', seeds: [7] })).toBe('d; s; e; seed 7.');
});

test('a label cannot break out of a Markdown or HTML cell', () => {
  const nasty = { ...table, rows: [{ label: 'a | b\n<script>"&', source: 'paper' as const, cells: ['<i>', 1, 1] }] };
  expect(toMarkdown(nasty)).toContain('| a \\| b <script>"& | paper |');
  const { document } = parseHTML(`<html><body>${toHtml(nasty)}</body></html>`);
  expect(document.querySelector('script, i')).toBeNull();
  expect(document.querySelector('tbody th')?.textContent).toBe('a | b\n<script>"&');
});

test('the terminal table rules off header and reproduced rows, and is plain without colour', () => {
  const lines = toTerminal(table, { color: false }).split('\n');
  const starts = lines.map((line) => line[0]);
  expect(starts.join('')).toBe('T┌│││├││├│└▸pqc');
  expect(new Set(lines.slice(1, 11).map((line) => line.length)).size).toBe(1);
  expect(toTerminal(table, { color: true })).toContain('\u001b[');
  expect(toTerminal(table, { color: false })).not.toContain('\u001b');
});

test('CSV keeps every digit and any text', () => {
  const cell: fc.Arbitrary<Cell> = fc.oneof(fc.double({ noNaN: true }), fc.string(), fc.constant(null));
  const row = fc.record({ label: fc.string(), source: fc.constantFrom<Source>('paper', 'quoted'), cells: fc.tuple(cell, cell, cell) });
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const [, ...parsed] = parseCsv(toCsv({ ...table, rows }));
      expect(parsed).toEqual(
        rows.map(({ label, source, cells }) => [
          label,
          source,
          ...cells.map((value) => (value === null ? '' : String(value))),
          'Meng et al. 2026',
        ]),
      );
    }),
    { seed: 1 },
  );
  const [header, , , reproduced] = parseCsv(toCsv(table));
  expect(header).toEqual([
    'label',
    'source',
    'M3M-CR / cloudy / mIoU (%)',
    'M3M-CR / cloudy / mIoU (%): spread',
    'M3M-CR / clear / mIoU (%)',
    'params (M)',
    'measured',
  ]);
  expect(reproduced.slice(0, 6)).toEqual(['EDC', 'reproduced', '60', '0.5', '', 'Infinity']);
});

/** A reader of RFC 4180, as a spreadsheet has one. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

test('JSON comes back as the table, what it cannot say as text', () => {
  const { rows, ...rest } = JSON.parse(toJson(table)) as Table;
  expect({ ...rest, rows: [] }).toEqual({ ...table, rows: [] });
  expect(rows[1].cells).toEqual([51.24, 'NaN', 'none']);
  expect(rows[2].cells).toEqual([{ mean: 60, spread: 0.5 }, null, 'Infinity']);
});

test('HTML has a caption, header cells with a scope, and marked rows', () => {
  const { document } = parseHTML(`<html><body>${toHtml(table)}</body></html>`);
  expect(document.querySelector('caption')?.textContent).toBe('Table I');
  expect([...document.querySelectorAll('th')].every((cell) => ['row', 'col', 'colgroup'].includes(cell.getAttribute('scope') ?? ''))).toBe(
    true,
  );
  expect(document.querySelectorAll('tr.reproduced').length).toBe(1);
  expect(document.querySelector('.provenance')?.textContent).toContain(provenanceText(provenance));
});
