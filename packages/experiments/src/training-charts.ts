import { lineChart, type Block } from '@rs/report';
import type { FinishedRun } from './finished-run.js';

/** Losses of each run, then the validation scores of all; `score` names what they were validated with, a fraction ('mIoU') where the unit is %. */
export function trainingCharts(
  runs: readonly FinishedRun<unknown>[],
  { score, unit = '%' }: { readonly score: string; readonly unit?: string },
): Block[] {
  const scale = unit === '%' ? 100 : 1;
  const series = runs.map(({ label, seed, validation }) => ({
    name: `${label}, seed ${seed}`,
    points: validation.map((point): [number, number] => [point.step, scale * point.score]),
  }));
  const validated = runs.some(({ validation }) => validation.length > 1);
  return [
    ...runs.map(lossChart),
    ...(validated ? [{ chart: lineChart({ title: `Validation ${score}`, x: 'step', y: `${score} (${unit})`, series }) }] : []),
  ];
}

function lossChart({ label, seed, curves, steps, scoredStep }: FinishedRun<unknown>): Block {
  const { loss, ...terms } = curves;
  const shown = Object.keys(terms).length > 1 ? { loss, ...terms } : { loss }; // a single term is the loss
  const series = Object.entries(shown).map(([name, values]) => ({ name, points: smoothed(values) }));
  const scored = scoredStep === steps ? `${steps} steps` : `${steps} steps, weights of step ${scoredStep} scored`;
  return { chart: lineChart({ title: `${label}, seed ${seed}: loss, ${scored}`, x: 'step', y: 'loss', series, logY: fallsFar(series) }) };
}

/** A curve that falls to less than a tenth is told best on a logarithmic axis, which needs positive values. */
function fallsFar(series: readonly { readonly points: readonly (readonly [number, number])[] }[]): boolean {
  const values = series.map(({ points }) => points.map(([, value]) => value).filter(Number.isFinite));
  return values.flat().every((value) => value > 0) && values.some((curve) => Math.max(...curve) > 10 * Math.min(...curve));
}

/** Means of up to 200 stretches of a curve: single batches are noise. */
function smoothed(values: readonly number[]): [number, number][] {
  const width = Math.max(1, Math.ceil(values.length / 200));
  return Array.from({ length: Math.ceil(values.length / width) }, (_, i) => {
    const part = values.slice(i * width, (i + 1) * width);
    return [i * width + part.length / 2, part.reduce((sum, value) => sum + value, 0) / part.length];
  });
}
