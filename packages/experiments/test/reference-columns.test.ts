import { expect, test } from 'vitest';
import { toMarkdown, type Table } from '@rs/report';
import { withReference } from '../src/index.js';

const table: Table = {
  title: 'T',
  columns: [{ header: ['all', 'mIoU'], unit: '%', digits: 1 }, { header: 'OA' }],
  rows: [
    { label: 'A', source: 'paper', cells: [54.2, 80] },
    { label: 'A', source: 'reproduced', cells: [{ mean: 66.9, spread: 3 }, 80] },
    { label: 'B', source: 'reproduced', cells: [67.1, 81] },
    { label: 'C', source: 'reproduced', cells: [null, 82] },
    { label: 'D', source: 'reproduced', cells: [1, 83] },
  ],
  provenance: { data: 'd', scale: 's', engine: 'e', seeds: [0] },
};
const reference = { mean: 63, spread: 2 };
const references = { A: reference, B: reference, C: reference };

test('puts the reference and its verdict after the column, for reproduced rows that have one', () => {
  const { columns, rows } = withReference(table, { column: 0, references, source: 'PyTorch, three seeds' });
  expect(columns.map(({ header }) => header)).toEqual([['all', 'mIoU'], ['all', 'mIoU, reference'], ['all', 'mIoU, against it'], 'OA']);
  expect(rows.map(({ cells }) => cells)).toEqual([
    [54.2, null, null, 80],
    [{ mean: 66.9, spread: 3 }, reference, 'within', 80],
    [67.1, reference, 'outside', 81],
    [null, reference, null, 82],
    [1, null, null, 83],
  ]);
});

test('is labelled as measured by another implementation', () => {
  const text = toMarkdown(withReference(table, { column: 0, references, source: 'PyTorch, three seeds' }));
  expect(text).toContain('63.0 ± 2.0');
  expect(text).toContain('all, mIoU, reference: PyTorch, three seeds; an independent implementation, not measured here.');
});

test('refuses the reference of a row that there is not', () => {
  expect(() => withReference(table, { column: 0, references: { E: reference }, source: '' })).toThrow(
    'references must be of reproduced rows (A, B, C, D), got "E"',
  );
});
