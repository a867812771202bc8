import * as tf from '@tensorflow/tfjs-core';
import { classPalette, overSeeds } from '@rs/experiments';
import { scalarMap, type Block, type Panel, type Row as TableRow, type Table } from '@rs/report';
import { classActivationMaps } from '@rs/stars-align';
import { shownClasses } from './activation-figures.js';
import { corner, imagesOf, tileTensors, type Tile } from './data.js';
import { withOwnStatistics } from './own-statistics.js';
import type { Row } from './rows.js';
import { statisticsBatches, type RunPlace, type RunResult } from './runs.js';
import { inputPanels, type ShownNetwork } from './scene-pictures.js';
import { nameOf } from './sensors.js';

const scenesShown = 3; // a class

/** Grad-CAM of the sensor's own and of the shared encoder when that sensor alone is there, for buildings and roads (figure 12). */
export async function activationPictures(place: RunPlace, { row, trained, stars }: ShownNetwork): Promise<Block> {
  const { splits, config } = place;
  const [[sensor]] = row.tests;
  const [weak] = row.train as ['S' | 'D', 'O'];
  const palette = classPalette(splits.classes, splits.colors);
  const tiles = (await Promise.all(splits.test.slice(0, 64).map(splits.load))).map((tile) => corner(tile, config.data.crop));
  const maps = (tile: Tile, classId: number): Panel[] => {
    const { labels, images } = tileTensors([tile]);
    const [x] = Object.values(imagesOf([sensor], images));
    const found = classActivationMaps(stars, { modality: sensor === 'O' ? 'm2' : 'm1', x, classId });
    const panels = [found.specific, found.shared].map((map) =>
      scalarMap({ shape: map.shape.slice(1), data: map.dataSync<'float32'>() }, { range: [0, 1] }),
    );
    tf.dispose([labels, x, found]);
    return panels;
  };
  const rows = await withOwnStatistics(trained, [sensor], statisticsBatches(place, [sensor]), () =>
    Promise.resolve(
      shownClasses(splits.classes).flatMap((classId) =>
        mostOf(tiles, classId).map((tile) => ({
          label: `${splits.classes[classId]}: ${tile.id.replaceAll('_', ' ')}`,
          panels: [...inputPanels(place, tile, weak, palette), ...maps(tile, classId)],
        })),
      ),
    ),
  );
  return {
    panels: {
      title: `Grad-CAM of ${row.label}, seed ${place.seed}, ${nameOf[sensor]} alone at test`,
      columns: ['optical', nameOf[weak], 'label', `${nameOf[sensor]} encoder`, 'shared encoder'],
      rows,
      notes: ["Score: the class's logits summed over the pixels predicted as it; activations of stage 4; each map scaled to 0..1."],
    },
  };
}

/** The tiles with most pixels of a class. */
function mostOf(tiles: readonly Tile[], classId: number): Tile[] {
  const count = ({ label }: Tile): number => label.data.reduce((sum, id) => sum + (id === classId ? 1 : 0), 0);
  const holding = tiles.filter((tile) => count(tile) > 0);
  return holding.sort((a, b) => count(b) - count(a)).slice(0, scenesShown);
}

/** What the maps say over all scored tiles: pieces above one half, and how much of them lies on the class. */
export function activationTable({ splits, config, engine }: RunPlace, runs: readonly RunResult[], row: Row): Table {
  const ofRow = runs.filter(({ label }) => label === row.label);
  const [[sensor]] = row.tests;
  const figure = (classId: number, encoder: 'specific' | 'shared', name: 'pieces' | 'inside', scale = 1) =>
    overSeeds(
      ofRow
        .map(({ evaluation }) => scale * (evaluation.activations.find((each) => each.classId === classId)?.[encoder][name] ?? NaN))
        .filter(Number.isFinite),
    );
  const rows = shownClasses(splits.classes).map((classId): TableRow => ({
    label: splits.classes[classId],
    source: 'reproduced',
    cells: (['pieces', 'inside'] as const).flatMap((name) =>
      (['specific', 'shared'] as const).map((encoder) => figure(classId, encoder, name, name === 'inside' ? 100 : 1)),
    ),
  }));
  const both = (group: string, unit?: string) =>
    [`${nameOf[sensor]} encoder`, 'shared encoder'].map((header) => ({ header: [group, header], ...(unit && { unit }) }));
  return {
    title: `Grad-CAM of ${row.label} over the scored tiles`,
    columns: [...both('pieces of the map above 0.5'), ...both('share of the map inside the class', '%')],
    rows,
    provenance: { data: splits.about, scale: `${config.training.steps} steps`, engine, seeds: ofRow.map(({ seed }) => seed) },
    footnotes: [
      'The paper shows pictures and prints no number: scattered spots in the SAR encoder, whole objects in the shared one.',
      'Means over the tiles in which the class is labelled and predicted.',
    ],
  };
}
