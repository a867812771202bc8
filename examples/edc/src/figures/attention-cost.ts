import { lineChart } from '@rs/report';
import { withoutData } from '../tables/paper-table.js';
import type { PaperFigure } from './paper-figure.js';

/** Sections III-A and III-B, the hierarchical attention of the encoder: what carrier tokens save. */
export const attentionCost: PaperFigure = {
  title: 'Figure 3, its claim: the cost of attention with carrier tokens (sections III-A, III-B)',
  rows: [],
  draw: async (shown) => {
    const costs = await shown.studies.attentionCosts();
    const timed = costs.filter(({ milliseconds }) => Number.isFinite(milliseconds));
    const points = (value: (cost: (typeof costs)[number]) => number) => costs.map((cost): [number, number] => [cost.side, value(cost)]);
    return [
      {
        chart: lineChart({
          title: 'Pairs of queries and keys, a head of a block of stage 3',
          x: 'side of the image (pixels)',
          y: 'pairs',
          logY: true,
          series: [
            { name: 'windows and carrier tokens', points: points(({ pairs }) => pairs) },
            { name: 'dense attention', points: points(({ dense }) => dense) },
          ],
        }),
      },
      {
        chart: lineChart({
          title: 'Time of stage 3 (six blocks, 256 channels), one image, forward',
          x: 'side of the image (pixels)',
          y: 'ms',
          series: [
            { name: shown.provenance.engine, points: timed.map(({ side, milliseconds }): [number, number] => [side, milliseconds]) },
          ],
        }),
      },
      {
        table: {
          title: 'Attention of stage 3 of FasterViT-0: near-linear in the area, dense attention quadratic',
          columns: [
            { header: 'pairs, carrier tokens', digits: 0 },
            { header: 'pairs, dense', digits: 0 },
            { header: 'dense over carrier tokens' },
            { header: 'time of the stage', unit: 'ms', digits: 1 },
          ],
          rows: costs.map(({ side, pairs, dense, milliseconds }) => ({
            label: `${side}x${side}`,
            source: 'reproduced',
            cells: [pairs, dense, dense / pairs, Number.isFinite(milliseconds) ? milliseconds : null],
          })),
          ...withoutData(
            shown,
            'stage 3: six blocks, 256 channels, 8 heads, windows of 7, 2x2 carrier tokens each',
            'Median of five forward passes of one image.',
            "At the paper's 160x160 carrier tokens save no pairs (padding of 10x10 to 14x14 tokens); the saving begins at about 224.",
          ),
        },
      },
    ];
  },
};
