import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { testReadmeUsage } from '../../../vitest.readme.js';

const folder = mkdtempSync(path.join(tmpdir(), 'rs-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

testReadmeUsage(import.meta.url, { edit: (usage) => usage.replace("'report.html'", JSON.stringify(path.join(folder, 'report.html'))) });

test('and writes its report', () => {
  expect(readdirSync(folder)).toEqual(['report.html']);
});
