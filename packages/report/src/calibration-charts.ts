import * as Plot from '@observablehq/plot';
import { drawChart, type Chart } from './chart.js';
import { colorsOf } from './charts.js';

/** What `calibrationCurve` of `@rs/metrics` returns: means per bin, NaN in empty bins. */
export interface Calibration {
  readonly count: ArrayLike<number>;
  readonly confidence: ArrayLike<number>;
  readonly accuracy: ArrayLike<number>;
  readonly ece: number;
}

export interface CalibrationChartOptions {
  readonly title: string;
  readonly curves: readonly { readonly name: string; readonly curve: Calibration }[];
}

/** Accuracy against confidence, with the diagonal of a calibrated model; the size of a dot grows with its bin's share of pixels. */
export function reliabilityDiagram({ title, curves }: CalibrationChartOptions): Chart {
  return draw(
    title,
    curves,
    'accuracy',
    ({ accuracy }) => accuracy,
    [0, 1],
    Plot.link([[0, 1]], { x1: 0, y1: 0, x2: 1, y2: 1, ...dashed }),
  );
}

/** Accuracy less confidence against confidence: below 0 a model is over-confident. EDC Fig. 7. */
export function residualCalibration({ title, curves }: CalibrationChartOptions): Chart {
  const residual = ({ accuracy, confidence }: Bin): number => accuracy - confidence;
  const reach = Math.max(0.02, ...curves.flatMap(({ curve }) => binsOf(curve).map((bin) => Math.abs(residual(bin)))));
  return draw(title, curves, 'accuracy − confidence', residual, [-reach, reach], Plot.ruleY([0], dashed));
}

const dashed = { stroke: 'currentColor', strokeDasharray: '4,4', strokeOpacity: 0.6 };

interface Bin {
  readonly confidence: number;
  readonly accuracy: number;
  readonly share: number; // of the pixels
}

function binsOf({ count, confidence, accuracy }: Calibration): Bin[] {
  const total = Array.from(count).reduce((sum, n) => sum + n, 0);
  const bins = Array.from(count, (n, b) => ({ confidence: confidence[b], accuracy: accuracy[b], share: n / total }));
  return bins.filter(({ share }) => share > 0);
}

function draw(
  title: string,
  curves: CalibrationChartOptions['curves'],
  y: string,
  value: (bin: Bin) => number,
  domain: readonly [number, number],
  reference: Plot.Markish,
): Chart {
  const named = colorsOf(curves.map(({ name, curve }) => `${name} (ECE ${curve.ece.toFixed(4)})`));
  const marks = curves.flatMap(({ curve }, i) => {
    const bins = binsOf(curve);
    const { color } = named[i];
    return [
      Plot.line(bins, { x: 'confidence', y: value, stroke: color }),
      Plot.dot(bins, { x: 'confidence', y: value, fill: color, r: ({ share }: Bin) => 2 + 8 * Math.sqrt(share) }),
    ];
  });
  return drawChart(
    title,
    {
      grid: true,
      inset: 8,
      x: { label: 'confidence', domain: [0, 1] },
      y: { label: y, domain: [...domain] },
      r: { type: 'identity' },
      marks: [reference, ...marks],
    },
    named,
  );
}
