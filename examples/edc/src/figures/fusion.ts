import { lineChart, scatterChart, type Block } from '@rs/report';
import { edc, edcStar, naive } from '../rows.js';
import type { DescriptorShift } from '../studies/gates.js';
import { shared } from '../tables/paper-table.js';
import type { PaperFigure } from './paper-figure.js';

const modalities = ['optical', 'SAR', 'cross-modal'];

/** Fig. 4, the fusion, at work: channel weights, what clouds do to the descriptors (section III-C), and how many directions the fused features use. */
export const fusion: PaperFigure = {
  title: 'Figure 4 at work: channel weights, descriptors under clouds, singular values',
  rows: [naive, edcStar, edc],
  draw: async (shown) => {
    const [{ study }] = await shown.studies.gates(edc); // of the first seed
    const weights = study.stages.map(({ stage, weights: sets }): Block => {
      const series = sets.map((values, m) => ({ name: modalities[m], points: rising(values) }));
      return { chart: lineChart({ title: `EDC, stage ${stage}: channel weights s, sorted`, x: 'channels', y: 'weight', series }) };
    });
    const spectra = [];
    for (const row of [naive, edcStar, edc]) {
      const [{ study: features }] = await shown.studies.representation(row);
      const points = features.singularValues.filter((value) => value > 1e-6).map((value, i): [number, number] => [i + 1, value]);
      spectra.push({ name: row.label, points });
    }
    return [
      ...weights,
      ...study.stages.map(({ stage }): Block => ({ chart: shiftChart(stage, study.shifts) })),
      {
        table: {
          title: 'Section III-C: how far clouds move the optical descriptor, |z(cloudy) - z(cloud-free)| / |z(cloud-free)|',
          columns: study.stages.map(({ stage }) => ({ header: `stage ${stage}`, digits: 3 })),
          rows: (['weighted', 'plain'] as const).map((kind) => ({
            label: kind === 'weighted' ? 'weighted by 1 - A (WGAP)' : 'plain means of the same features',
            source: 'reproduced',
            cells: study.stages.map((_, i) => study.shifts.reduce((sum, shift) => sum + shift[kind][i], 0) / study.shifts.length),
          })),
          ...shared(shown, `Mean of ${study.tiles} tiles, EDC of seed ${shown.place.seed}. The paper gives no number.`),
        },
      },
      {
        chart: lineChart({
          title: 'Singular values of the deepest fused features, over the largest',
          x: 'direction',
          y: 'singular value',
          series: spectra,
          logY: true,
        }),
      },
    ];
  },
};

const rising = (values: readonly number[]): [number, number][] => [...values].sort((a, b) => a - b).map((value, i) => [i + 1, value]);

function shiftChart(stage: number, shifts: readonly DescriptorShift[]): ReturnType<typeof scatterChart> {
  const points = (['plain', 'weighted'] as const).flatMap((kind) =>
    shifts.map((shift) => ({
      x: 100 * shift.cover,
      y: shift[kind][stage - 1],
      group: kind === 'plain' ? 'plain means' : 'weighted by 1 - A',
    })),
  );
  return scatterChart({
    title: `Stage ${stage}: how far clouds move the optical descriptor`,
    x: 'cloud cover (%)',
    y: 'relative shift',
    points,
  });
}
