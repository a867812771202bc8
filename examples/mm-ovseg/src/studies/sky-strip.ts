import { disposeModule } from '@rs/nn';
import { classMap, type Block, type LegendEntry, type Palette, type Panel } from '@rs/report';
import { skies } from '../data.js';
import type { Place } from '../place.js';
import { finishedModel } from '../runs.js';
import { imageColumns, imagePanels, rightShare, segmented, truthOf } from '../scene-panels.js';
import { rowsUnderSkies } from './study.js';
import { skyNames } from './tables.js';

/** The paper's Figure 1: one place under three skies, as each row segments it. */
export async function skyStrip(place: Place, id: string, palette: Palette, legend: readonly LegendEntry[]): Promise<Block> {
  const { data, seed } = place;
  const under = await data.skies();
  const tiles = await Promise.all(skies.map(async (sky) => under[sky].load(under[sky].samples.find((sample) => sample.id === id)!)));
  const panels = new Map<string, Panel[]>(); // of each row, by sky
  for (const row of rowsUnderSkies) {
    const model = await finishedModel(place, row);
    panels.set(
      row.label,
      tiles.map((tile) => {
        const predicted = segmented(place, row, model, tile, data.classes);
        return { raster: classMap(predicted, palette), caption: `${rightShare(predicted.data, tile.label.data)} right` };
      }),
    );
    disposeModule(model);
  }
  return {
    panels: {
      title: 'One place under three skies',
      columns: [...imageColumns, ...rowsUnderSkies.map(({ label }) => label), 'label'],
      rows: skies.map((sky, i) => ({
        label: skyNames[sky],
        panels: [
          ...imagePanels(tiles[i]),
          ...rowsUnderSkies.map(({ label }) => panels.get(label)![i]),
          { raster: classMap(truthOf(tiles[i]), palette) },
        ],
      })),
      legend,
      notes: [`Seed ${seed}; models trained under mixed clouds; all class names compete.`],
    },
  };
}
