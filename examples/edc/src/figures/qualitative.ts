import type { Block } from '@rs/report';
import { classCharts } from '../report.js';
import { edc, edcStar } from '../rows.js';
import { scenePanels } from '../scene-panels.js';
import { shared } from '../tables/paper-table.js';
import type { PaperFigure, Shown } from './paper-figure.js';

const scenesShown = 8;

/** Fig. 5: scenes from clear to overcast; classes in numbers beside them. */
export const qualitative: PaperFigure = {
  title: 'Figure 5: scenes, classes and confusions',
  rows: [edcStar, edc],
  draw: async (shown) => {
    const { place, runs } = shown;
    const panels = await scenePanels(place, [edcStar, edc], scenesShown);
    return [panels, ...classCharts(runs, place.splits.classes), ...(['all', 'cloudy'] as const).map((split) => confusions(shown, split))];
  },
};

/** Of EDC's first seed: how the pixels of each class were labelled. */
function confusions(shown: Shown, split: 'all' | 'cloudy'): Block {
  const { place, runs } = shown;
  const { classes } = place.splits;
  const { confusion } = runs.find(({ label }) => label === edc.label)!.evaluation.segmentation[split];
  return {
    table: {
      title: `EDC, seed ${place.seed}: confusion ${split === 'all' ? 'on all pixels' : 'under clouds'}, share of the pixels of a label`,
      columns: [...classes.map((name) => ({ header: ['predicted', name], unit: '%', digits: 1 })), { header: 'pixels', digits: 0 }],
      rows: classes.map((name, i) => {
        const pixels = confusion[i].reduce((sum, n) => sum + n, 0);
        return { label: name, source: 'reproduced', cells: [...confusion[i].map((n) => (100 * n) / pixels), pixels] };
      }),
      ...shared(shown, 'Rows: label; columns: prediction. The paper prints no scores by class.'),
    },
  };
}
