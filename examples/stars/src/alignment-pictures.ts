import { lineChart, scalarMap, type Block, type Panel } from '@rs/report';
import type { Alignment } from './alignment.js';
import type { RunResult } from './runs.js';

/** At the start, early, half way and at the end, as the paper's figure 10 (0, 1,000, 40,000 and 80,000 of 80,000 steps). */
function fourSteps(alignment: readonly Alignment[]): Alignment[] {
  const last = alignment[alignment.length - 1].step;
  const half = alignment.reduce((best, each) => (Math.abs(each.step - last / 2) < Math.abs(best.step - last / 2) ? each : best));
  return [...new Set([alignment[0], alignment[Math.min(1, alignment.length - 1)], half, alignment[alignment.length - 1]])];
}

/** Class by class similarity of the shared features of both sensors, one row a run, one colour scale (figure 10). */
export function similarityPictures(runs: readonly RunResult[], classes: readonly string[]): Block {
  const shown = runs.filter(({ evaluation }) => evaluation.alignment.length > 0).slice(0, rowsShown);
  const chosen = shown.map(({ evaluation }) => fourSteps(evaluation.alignment));
  const columns = Math.max(...chosen.map((steps) => steps.length));
  const cells = chosen.flat().flatMap(({ matrix, present }) => matrix.flat().filter((_, at) => isPresent(present, at)));
  const range = { low: Math.min(...cells), high: Math.max(...cells) };
  return {
    panels: {
      title: 'Mean cosine similarity of the shared features, rows: classes seen by the weak sensor, columns: by the optical one',
      columns: chosen[0].slice(0, columns).map(({ step }) => `step ${step}`),
      rows: shown.map(({ label }, i) => ({ label, panels: chosen[i].map((alignment) => panelOf(alignment, range)) })),
      notes: [
        `Classes top to bottom and left to right: ${classes.join(', ')}. Black: no pixel of that class.`,
        `Stage ${chosen[0][0].stage}, sampled pixels of held-out tiles, each sensor normalised by its own batch as in training; no class is left out. ` +
          'Features leave a ReLU, so values lie in 0 to 1: look at contrast, not sign. Captions: mean of the diagonal less mean of the rest.',
      ],
    },
  };
}

const rowsShown = 7;
const isPresent = (present: readonly boolean[], at: number): boolean =>
  present[Math.floor(at / present.length)] && present[at % present.length];

function panelOf({ matrix, present, contrast }: Alignment, { low, high }: { low: number; high: number }): Panel {
  const k = matrix.length;
  const data = Float32Array.from(matrix.flat(), (value, at) => (isPresent(present, at) ? value : NaN));
  const { raster, scale } = scalarMap({ shape: [k, k], data }, { range: [low, high] });
  return { raster, scale, caption: `contrast ${contrast.toFixed(3)}` };
}

/** Contrast and collapse index over the steps of every row that aligns or could. */
export function alignmentCharts(runs: readonly RunResult[]): Block[] {
  const aligned = runs.filter(({ evaluation }) => evaluation.alignment.length > 1).slice(0, rowsShown);
  if (aligned.length === 0) return [];
  const chart = (title: string, y: string, value: (alignment: Alignment) => number): Block => ({
    chart: lineChart({
      title,
      x: 'step',
      y,
      series: aligned.map(({ label, evaluation }) => ({
        name: label,
        points: evaluation.alignment.map((each): [number, number] => [each.step, value(each)]),
      })),
    }),
  });
  const stages = Object.keys(aligned[0].evaluation.alignment[0].collapse);
  return [
    chart('Contrast of the similarity matrix on held-out tiles', 'diagonal less rest', ({ contrast }) => contrast),
    ...stages.map((stage) =>
      chart(`Collapse index, stage ${stage} (0: one vector for every pixel)`, 'collapse index', ({ collapse }) => collapse[stage]),
    ),
  ];
}
