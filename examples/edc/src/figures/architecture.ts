import { barChart, type Block } from '@rs/report';
import { edc, naive } from '../rows.js';
import { withoutData } from '../tables/paper-table.js';
import type { PaperFigure } from './paper-figure.js';

/** Fig. 2, the network, by what its parts cost at the paper's size: there is no training in it. */
export const architecture: PaperFigure = {
  title: 'Figure 2: the parts of the network, what they hold and cost',
  rows: [],
  draw: async (shown) => {
    const blocks: Block[] = [];
    for (const row of [edc, naive]) {
      const { parts, parameters, macs, side } = await shown.studies.complexity(row, 'published');
      const whole = { name: 'the whole network', parameters, macs };
      blocks.push({
        table: {
          title: `${row.label} at the paper's size, by part`,
          columns: [
            { header: 'parameters', unit: 'M', digits: 4 },
            { header: 'share', unit: '%', digits: 1 },
            { header: `GMAC of one ${side}x${side} image`, digits: 4 },
            { header: 'share', unit: '%', digits: 1 },
          ],
          rows: [...parts, whole].map((part) => ({
            label: part.name,
            source: 'reproduced',
            cells: [part.parameters / 1e6, (100 * part.parameters) / parameters, part.macs / 1e9, (100 * part.macs) / macs],
          })),
          ...withoutData(shown, `${side}x${side} inputs`, 'The paper prints 108.36 M and 10.74 GMAC for EDC. GMAC by the rule of thop.'),
        },
      });
    }
    const { parts } = await shown.studies.complexity(edc, 'published');
    const bars = parts.flatMap(({ name, macs }) => (macs > 0 ? [{ label: name, value: macs / 1e9 }] : []));
    return [...blocks, { chart: barChart({ title: 'EDC: where the work is', value: 'GMAC', bars }) }];
  },
};
