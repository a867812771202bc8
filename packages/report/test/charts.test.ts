import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { barChart, lineChart, reliabilityDiagram, residualCalibration, scatterChart, type Chart } from '../src/index.js';

const parse = ({ svg }: Chart) => parseHTML(`<html><body>${svg}</body></html>`).document;
const texts = (chart: Chart): string[] => [...parse(chart).querySelectorAll('text')].map(({ textContent }) => textContent ?? '');

const curve = { count: [0, 4, 6], confidence: [NaN, 0.5, 0.9], accuracy: [NaN, 0.6, 0.7], ece: 0.16 };
const charts: Record<string, Chart> = {
  lines: lineChart({
    title: 'A & B <loss>',
    x: 'step',
    y: 'loss',
    logY: true,
    series: [
      {
        name: 'EDC & <co>',
        points: [
          [0, 2],
          [1, NaN],
          [2, 1],
        ],
      },
    ],
  }),
  bars: barChart({
    title: 'Bars',
    value: 'mIoU',
    bars: [
      { label: 'EDC', value: 54.2, spread: 1, group: 'paper' },
      { label: 'CMX', value: 50 },
    ],
  }),
  points: scatterChart({
    title: 'Points',
    x: 'img/s',
    y: 'mIoU',
    points: [
      { x: 1, y: 2, label: 'a', group: 'g' },
      { x: 1.01, y: 2, label: 'b' },
      { x: 3, y: 4 },
    ],
  }),
  reliability: reliabilityDiagram({ title: 'Reliability', curves: [{ name: 'EDC', curve }] }),
  residual: residualCalibration({ title: 'Residual', curves: [{ name: 'EDC', curve }] }),
};

test('the area of a dot is in proportion', () => {
  const points = [4, 1].map((area, x) => ({ x, y: 1, area }));
  const dots = [...parse(scatterChart({ title: 'Sizes', x: 'x', y: 'y', points })).querySelectorAll('circle')];
  expect(dots.map((dot) => Number(dot.getAttribute('r')))).toEqual([14, 7]);
});

test.each(Object.entries(charts))('%s: a complete SVG with a name for screen readers', (_name, chart) => {
  const svg = parse(chart).querySelector('svg');
  expect(chart.svg).toMatch(/^<svg ([a-zA-Z-]+="[^"<>]*" ?)+>/);
  expect(svg?.getAttribute('xmlns')).toBe('http://www.w3.org/2000/svg');
  expect([svg?.getAttribute('role'), svg?.getAttribute('aria-label')]).toEqual(['img', chart.title]);
  expect(chart.svg).not.toContain('NaN');
});

test('axes are named, series and groups are in the legend', () => {
  expect(texts(charts.lines)).toEqual(expect.arrayContaining(['step →', '↑ loss', 'EDC & <co>']));
  expect(texts(charts.bars)).toEqual(expect.arrayContaining(['EDC', 'CMX', 'paper', '54.20', '50.00', 'mIoU →']));
  expect(texts(charts.points)).toEqual(expect.arrayContaining(['a', 'b', 'g']));
  expect(texts(charts.reliability)).toContain('EDC (ECE 0.1600)');
});

test('a legend that is wider than the drawing goes on in the next line, and the drawing grows', () => {
  const series = Array.from({ length: 7 }, (_, i) => ({
    name: `a network with a long name, ${i}`,
    points: [[0, i]] as [number, number][],
  }));
  const drawn = (count: number) => parse(lineChart({ title: 'T', x: 'x', y: 'y', series: series.slice(0, count) })).querySelector('svg')!;
  const places = [...drawn(7).querySelectorAll('g > rect + text')].map(({ parentElement }) =>
    /\((.*),(.*)\)/.exec(parentElement!.getAttribute('transform')!)!.slice(1).map(Number),
  );
  expect(places).toHaveLength(7);
  expect(new Set(places.map(([, y]) => y)).size).toBe(4); // two a line
  for (const [x] of places) expect(x).toBeLessThan(640 - 180);
  expect(Number(drawn(7).getAttribute('height')) - Number(drawn(2).getAttribute('height'))).toBe(60);
});

test('a value that is not finite leaves a gap', () => {
  const path = parse(charts.lines).querySelector('[aria-label="line"] path')?.getAttribute('d') ?? '';
  expect(path.match(/M/g)?.length).toBe(2);
});

test('empty bins have no dot, and the residual is accuracy less confidence', () => {
  const dots = (chart: Chart): number[] =>
    [...parse(chart).querySelectorAll('[aria-label="dot"] circle')]
      .map((dot) => ['cx', 'cy'].map((name) => Number(dot.getAttribute(name))))
      .sort(([a], [b]) => a - b)
      .map(([, y]) => y);
  expect(dots(charts.reliability)).toHaveLength(2);
  const [over, under] = dots(charts.residual); // 0.6 - 0.5 stands above 0.7 - 0.9
  expect(over).toBeLessThan(under);
});
