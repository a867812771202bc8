import * as tf from '@tensorflow/tfjs-core';
import { classPalette, overSeeds } from '@rs/experiments';
import { scalarMap, type Block, type Cell, type Column, type Panel, type Row as TableRow } from '@rs/report';
import { classActivationMaps, type Stage } from '@rs/stars-align';
import { disposeModule } from '@rs/nn';
import { activationFigures, shownClasses, type ActivationFigures } from './activation-figures.js';
import { corner, imagesOf, tileTensors, type Tile } from './data.js';
import { withOwnStatistics } from './own-statistics.js';
import type { Place } from './place.js';
import type { Row } from './rows.js';
import { finishedNetwork, statisticsBatches } from './runs.js';
import { inputPanels, type ShownNetwork } from './scene-pictures.js';
import { nameOf, type Sensor } from './sensors.js';

const scenesShown = 3; // a class

/** Grad-CAM of the sensor's own and of the shared encoder when that sensor alone is there, for buildings and roads (figure 12). */
export async function activationPictures(place: Place, { row, trained, stars }: ShownNetwork): Promise<Block> {
  const { splits } = place;
  const [[sensor]] = row.tests;
  const [weak] = row.train as ['S' | 'D', 'O'];
  const palette = classPalette(splits.classes, splits.colors);
  const tiles = await scoredTiles(place);
  const stage = stageOf(place);
  const maps = (tile: Tile, classId: number): Panel[] => {
    const { labels, images } = tileTensors([tile]);
    const [x] = Object.values(imagesOf([sensor], images));
    const found = classActivationMaps(stars, { modality: sensor === 'O' ? 'm2' : 'm1', x, classId, stage });
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
      notes: [
        `Score: the class's logits summed over the pixels predicted as it; activations of stage ${stage} (the paper does not say which; 4 of a small tile has 2 x 2 pixels); each map scaled to 0..1.`,
      ],
    },
  };
}

/** The tiles with most pixels of a class. */
function mostOf(tiles: readonly Tile[], classId: number): Tile[] {
  const count = ({ label }: Tile): number => label.data.reduce((sum, id) => sum + (id === classId ? 1 : 0), 0);
  const holding = tiles.filter((tile) => count(tile) > 0);
  return holding.sort((a, b) => count(b) - count(a)).slice(0, scenesShown);
}

const stageOf = ({ config }: Place): Stage => Math.max(...config.model.alignStages) as Stage;

async function scoredTiles({ splits, config }: Place): Promise<Tile[]> {
  const loaded = await Promise.all(splits.test.slice(0, 64).map(splits.load));
  return loaded.map((tile) => corner(tile, config.data.crop));
}

/** What the maps say over the scored tiles of every seed: pieces above one half, and how much of them lies on the class. */
export async function activationTable(places: readonly Place[], row: Row): Promise<Block> {
  const [{ splits, config, engine }] = places;
  const [[sensor]] = row.tests;
  const ofSeeds: ActivationFigures[][] = [];
  for (const place of places) ofSeeds.push(await figuresOf(place, row, sensor));
  const figure = (classId: number, encoder: 'specific' | 'shared', name: 'pieces' | 'inside', scale: number): Cell =>
    overSeeds(ofSeeds.map((figures) => scale * figures.find((each) => each.classId === classId)![encoder][name]).filter(Number.isFinite));
  const rows = shownClasses(splits.classes).map((classId): TableRow => ({
    label: splits.classes[classId],
    source: 'reproduced',
    cells: (['pieces', 'inside'] as const).flatMap((name) =>
      (['specific', 'shared'] as const).map((encoder) => figure(classId, encoder, name, name === 'inside' ? 100 : 1)),
    ),
  }));
  const both = (group: string, unit?: string): Column[] =>
    [`${nameOf[sensor]} encoder`, 'shared encoder'].map((header) => ({ header: [group, header], ...(unit && { unit }) }));
  return {
    table: {
      title: `Grad-CAM of ${row.label} over the scored tiles, stage ${stageOf(places[0])}`,
      columns: [...both('pieces of the map above 0.5'), ...both('share of the map inside the class', '%')],
      rows,
      provenance: { data: splits.about, scale: `${config.training.steps} steps`, engine, seeds: places.map(({ seed }) => seed) },
      footnotes: [
        'The paper shows pictures and prints no number: scattered spots in the SAR encoder, whole objects in the shared one.',
        'Means over the tiles in which the class is labelled and predicted.',
      ],
    },
  };
}

async function figuresOf(place: Place, row: Row, sensor: Sensor): Promise<ActivationFigures[]> {
  const network = await finishedNetwork(place, row);
  const tiles = await scoredTiles(place);
  try {
    return await withOwnStatistics(network, [sensor], statisticsBatches(place, [sensor]), () =>
      Promise.resolve(
        shownClasses(place.splits.classes).map((classId) => activationFigures(network.stars!, sensor, stageOf(place), tiles, classId)),
      ),
    );
  } finally {
    disposeModule(network.model);
  }
}
