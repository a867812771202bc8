import * as Plot from '@observablehq/plot';
import { seriesColors } from './color.js';
import { drawChart, type Chart } from './chart.js';
import type { LegendEntry } from './palette.js';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[]; // a y that is not finite leaves a gap
}

export interface LineChartOptions {
  readonly title: string;
  readonly x: string; // what the axis shows: 'step'
  readonly y: string;
  readonly series: readonly Series[];
  readonly logY?: boolean; // default false
}

/** Curves over a common axis: losses, rates, scores by step. */
export function lineChart({ title, x, y, series, logY = false }: LineChartOptions): Chart {
  const colors = colorsOf(series.map(({ name }) => name));
  const marks = series.map(({ points }, i) =>
    Plot.lineY(points, {
      x: ([at]) => at,
      y: ([, value]) => (Number.isFinite(value) ? value : NaN),
      stroke: colors[i].color,
      strokeWidth: 1.8,
    }),
  );
  const scale = logY ? { type: 'log' as const, ticks: 5, tickFormat: (value: number) => String(Number(value.toPrecision(2))) } : {};
  return drawChart(title, { x: { label: x, nice: true }, y: { label: y, grid: true, ...scale }, marks }, colors);
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly spread?: number; // drawn to both sides
  readonly group?: string; // bars of one group have one colour, named above
}

export interface BarChartOptions {
  readonly title: string;
  readonly value: string; // what the axis shows: 'mIoU (%)'
  readonly bars: readonly Bar[]; // top to bottom
}

/** Horizontal bars from 0, in the given order, with their values. */
export function barChart({ title, value, bars }: BarChartOptions): Chart {
  const groups = colorsOf([...new Set(bars.flatMap(({ group }) => group ?? []))]);
  const color = ({ group }: Bar): string => groups.find(({ name }) => name === group)?.color ?? seriesColors[0];
  const rows = bars.map((bar, i) => ({ ...bar, row: i }));
  const spreads = rows.filter(({ spread }) => spread !== undefined);
  const left = 16 + 7 * Math.max(...bars.map(({ label }) => label.length));
  return drawChart(
    title,
    {
      marginLeft: left,
      marginRight: 60,
      height: 80 + 26 * bars.length,
      x: { label: value, grid: true, zero: true },
      y: { type: 'band', label: null, padding: 0.25, tickFormat: (row: number) => bars[row].label, tickSize: 0 },
      marks: [
        Plot.barX(rows, { x: 'value', y: 'row', fill: color }),
        Plot.ruleY(spreads, { x1: ({ value: mean, spread }) => mean - spread, x2: ({ value: mean, spread }) => mean + spread, y: 'row' }),
        Plot.text(rows, {
          x: ({ value: mean, spread = 0 }) => mean + spread,
          y: 'row',
          text: ({ value: mean }) => mean.toPrecision(4),
          textAnchor: 'start',
          dx: 5,
        }),
        Plot.ruleX([0]),
      ],
    },
    groups,
  );
}

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  readonly label?: string; // beside the point
  readonly group?: string; // points of one group have one colour, named above
  readonly area?: number; // in proportion to the others', such as parameters; default: all dots are alike
}

export interface ScatterChartOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly points: readonly ScatterPoint[];
}

/** Points with names: accuracy against cost. */
export function scatterChart({ title, x, y, points }: ScatterChartOptions): Chart {
  const groups = colorsOf([...new Set(points.flatMap(({ group }) => group ?? []))]);
  const color = ({ group }: ScatterPoint): string => groups.find(({ name }) => name === group)?.color ?? seriesColors[0];
  const text = ({ label = '' }: ScatterPoint): string => label;
  const largest = Math.max(...points.map(({ area = 0 }) => area));
  const radius = ({ area }: ScatterPoint): number => (area === undefined ? 5 : largestRadius * Math.sqrt(area / largest));
  const lift = points.some(({ area }) => area !== undefined) ? largestRadius - 5 : 0;
  const below = crowded(points);
  return drawChart(
    title,
    {
      grid: true,
      inset: 24,
      x: { label: x },
      y: { label: y },
      r: { type: 'identity' },
      marks: [
        Plot.dot(points, { x: 'x', y: 'y', fill: color, fillOpacity: 0.75, r: radius }),
        Plot.text(points, { filter: (point) => !below.has(point), x: 'x', y: 'y', text, dy: -11 - lift }),
        Plot.text(points, { filter: (point) => below.has(point), x: 'x', y: 'y', text, dy: 13 + lift }),
      ],
    },
    groups,
  );
}

const largestRadius = 14; // pixels

/** Points whose label would cover that of an earlier point: theirs goes below. */
function crowded(points: readonly ScatterPoint[]): Set<ScatterPoint> {
  const extent = (values: readonly number[]): number => Math.max(...values) - Math.min(...values) || 1;
  const [width, height] = [extent(points.map(({ x }) => x)), extent(points.map(({ y }) => y))];
  const below = new Set<ScatterPoint>();
  points.forEach((point, i) => {
    const near = ({ x, y }: ScatterPoint): boolean => Math.abs(x - point.x) < 0.12 * width && Math.abs(y - point.y) < 0.07 * height;
    if (points.slice(0, i).some((other) => !below.has(other) && near(other))) below.add(point);
  });
  return below;
}

/** A colour for each name, in order. */
export function colorsOf(names: readonly string[]): LegendEntry[] {
  return names.map((name, i) => ({ name, color: seriesColors[i % seriesColors.length] }));
}
