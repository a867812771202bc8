import { expect, test } from 'vitest';
import { paper } from '../src/index.js';

test('the figures say which paper they are of', () => {
  expect(paper.source).toContain('arXiv 2601.17342');
});

test('Table 4 and the tables of the data sets print the same figures', () => {
  const printed = (method: string) => paper.table4.rows.find((row) => row.method === method)!;
  expect(printed('STARS').EarthMiss).toBe(paper.table1.rows.at(-1)!.mIoU);
  expect(printed('STARS')['WHU-OPT-SAR']).toBe(paper.table2.rows.at(-1)!.mIoU);
});
