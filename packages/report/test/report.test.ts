import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseHTML } from 'linkedom';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classMap, landCoverPalette, lineChart, paletteLegend, renderReport, scalarMap, writeReport, type Report } from '../src/index.js';

const palette = landCoverPalette(['water', 'forest']);
const { raster, scale } = scalarMap({ shape: [2, 2], data: [0, 1, 2, 3] }, { unit: 'dB' });
const report: Report = {
  title: 'EDC & <friends>',
  summary: ['What it does.'],
  sections: [
    {
      title: 'Tables',
      blocks: [
        { text: '<b>plain</b>' },
        { table: { title: 'T', columns: [{ header: 'mIoU' }], rows: [{ label: 'EDC', source: 'paper', cells: [54.2] }] } },
      ],
    },
    {
      title: 'Figures',
      blocks: [
        {
          panels: {
            title: 'Scenes',
            columns: ['labels', 'attention', 'none'],
            rows: [
              {
                label: 'scene "1"',
                panels: [{ raster: classMap({ shape: [1, 2], data: [0, 1] }, palette), caption: 'mIoU 1' }, { raster, scale }, null],
              },
            ],
            legend: paletteLegend(palette),
            notes: ['seed 3'],
          },
        },
        {
          chart: lineChart({
            title: 'Loss',
            x: 'step',
            y: 'loss',
            series: [
              {
                name: 'EDC',
                points: [
                  [0, 1],
                  [1, 0],
                ],
              },
            ],
          }),
        },
      ],
    },
  ],
  footer: 'config 1a2b3c4d',
};
const { document } = parseHTML(renderReport(report));

test('text is text', () => {
  expect(document.querySelector('h1')?.textContent).toBe('EDC & <friends>');
  expect(document.querySelector('section p')?.textContent).toBe('<b>plain</b>');
  expect(document.querySelector('script, b')).toBeNull();
  expect(document.querySelector('footer')?.textContent).toBe('config 1a2b3c4d');
});

test('nothing is loaded from elsewhere', () => {
  const sources = [...document.querySelectorAll('[src], [href]')].map(
    (node) => node.getAttribute('src') ?? node.getAttribute('href') ?? '',
  );
  expect(sources.length).toBeGreaterThan(2);
  for (const source of sources) expect(source).toMatch(/^(data:image\/png;base64,|#section-)/);
  expect(document.querySelector('link, iframe')).toBeNull();
  expect(renderReport(report)).not.toMatch(/url\(|@import/);
});

test('every link leads to a section, every picture says what it shows', () => {
  for (const link of document.querySelectorAll('nav a')) expect(document.querySelector(link.getAttribute('href') ?? '')).not.toBeNull();
  const alts = [...document.querySelectorAll('img')].map((image) => image.getAttribute('alt'));
  expect(alts).toEqual(['scene "1": labels', 'scene "1": attention']);
  expect([...document.querySelectorAll('.scale span')].map(({ textContent }) => textContent)).toEqual(['0 dB', '3 dB']);
});

test('small pictures are enlarged without blur', () => {
  const [, base64] = (document.querySelector('img')?.getAttribute('src') ?? '').split(',');
  const { width, height } = PNG.sync.read(Buffer.from(base64, 'base64'));
  expect([width, height]).toEqual([192, 96]);
});

test('a row without a panel a column is refused', () => {
  const panels = { title: 'Scenes', columns: ['a', 'b'], rows: [{ label: 'one', panels: [null] }] };
  expect(() => renderReport({ title: '', sections: [{ title: '', blocks: [{ panels }] }] })).toThrow('row "one" must have 2 panels, got 1');
});

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'rs-report-'))));
afterAll(() => rm(folder, { recursive: true }));

test('a report is written as a whole, into a folder that may be missing', async () => {
  const file = path.join(folder, 'new', 'report.html');
  await writeReport(file, report);
  await writeReport(file, report);
  expect(await readFile(file, 'utf8')).toBe(renderReport(report));
  expect(await readdir(path.dirname(file))).toEqual(['report.html']);
});

test('a write that fails names the file and leaves the folder as it was', async () => {
  const target = path.join(folder, 'taken');
  await writeReport(path.join(target, 'inside.html'), report); // `taken` is a folder now: no file can replace it
  const before = await readdir(folder);
  await expect(writeReport(target, report)).rejects.toThrow(target);
  expect(await readdir(folder)).toEqual(before);
  await writeFile(path.join(folder, 'file'), '');
  await expect(writeReport(path.join(folder, 'file', 'below'), report)).rejects.toThrow(path.join(folder, 'file'));
});
