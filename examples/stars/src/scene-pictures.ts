import * as tf from '@tensorflow/tfjs-core';
import { classPalette, samplesOf } from '@rs/experiments';
import { disposeModule } from '@rs/nn';
import type { StarsModel } from '@rs/stars-align';
import {
  classMap,
  errorLegend,
  errorMap,
  falseColor,
  paletteLegend,
  sarImage,
  scalarMap,
  type Block,
  type LegendEntry,
  type Palette,
  type Panel,
} from '@rs/report';
import { shownClasses } from './activation-figures.js';
import { countComponents } from './components.js';
import { corner, imagesOf, tileTensors, type SensorImages, type Tile } from './data.js';
import type { Network } from './networks.js';
import { withOwnStatistics } from './own-statistics.js';
import type { Place } from './place.js';
import { rowsOf, type Row } from './rows.js';
import { finishedNetwork, statisticsBatches } from './runs.js';
import { nameOf, roleOf, setOf, type Sensor, type SensorSet } from './sensors.js';

/** The STARS of the pictures, and the same at its first weights. */
export interface ShownNetwork {
  readonly row: Row;
  readonly trained: Network;
  readonly stars: StarsModel;
  readonly initial: StarsModel;
}

const scenesShown = 4;

/** What every branch makes of a few scored tiles, beside the single-sensor baseline (figures 7 to 9). */
export async function scenePictures(place: Place, rows: readonly Row[], { row, trained }: ShownNetwork): Promise<Block> {
  const { splits, config } = place;
  const [weak] = row.train as ['S' | 'D', 'O'];
  const { baseline } = rowsOf(weak, config.loss);
  const [tested] = row.tests[0];
  const tiles = await chosenTiles(place);
  const palette = classPalette(splits.classes, splits.colors);
  const maps = new Map<string, Int32Array[]>();
  const predictions = async (network: Network, test: readonly Sensor[], own: boolean): Promise<Int32Array[]> => {
    const predict = (): Promise<Int32Array[]> => Promise.resolve(tiles.map((tile) => classIds(network, tile, test)));
    return own ? withOwnStatistics(network, test, statisticsBatches(place, test), predict) : predict();
  };
  for (const test of row.tests) maps.set(branchName(setOf(test)), await predictions(trained, test, test.length === 1));
  if (rows.some(({ label }) => label === baseline.label)) {
    const network = await finishedNetwork(place, baseline);
    maps.set(baseline.label, await predictions(network, [tested], true));
    disposeModule(network.model);
  }
  const headline = branchName(setOf(row.tests[0]));
  const shown = [...maps.keys()].sort((a, b) => Number(b === baseline.label) - Number(a === baseline.label)); // the baseline before STARS
  return {
    panels: {
      title: `${row.label} on scored tiles, seed ${place.seed}, every branch`,
      columns: ['optical', nameOf[weak], 'label', ...shown, `errors, ${headline}`],
      rows: tiles.map((tile, i) => ({
        label: tile.id.replaceAll('_', ' '),
        panels: [
          ...inputPanels(place, tile, weak, palette),
          ...shown.map((name) => mapPanel(tile, maps.get(name)![i], palette, splits.classes)),
          errorPanel(tile, maps.get(headline)![i]),
        ],
      })),
      legend: uniqueEntries([...paletteLegend(palette), ...errorLegend]),
      notes: [
        `Maps of one sensor alone with batch norms of that sensor's own statistics, those of both as trained. The paper tests on ${nameOf[tested]} alone.`,
        'Optical: one stretch a tile, 2nd to 98th percentile. Captions: pieces of a class (8-connected), predicted / labelled.',
      ],
    },
  };
}

const branchName = (test: SensorSet): string => (test.includes('+') ? `STARS, ${test}` : `STARS, ${nameOf[test as Sensor]} alone`);

/** Tiles spread over the scored ones, those with most classes of their neighbourhood. */
async function chosenTiles({ splits, config }: Place): Promise<Tile[]> {
  const candidates: Tile[] = [];
  for await (const tile of samplesOf(splits.test.slice(0, 64), splits.load)) candidates.push(corner(tile, config.data.crop));
  const count = Math.min(scenesShown, candidates.length);
  const variety = ({ label }: Tile): number => new Set(label.data).size;
  return Array.from({ length: count }, (_, i) => {
    const part = candidates.slice(Math.floor((i * candidates.length) / count), Math.floor(((i + 1) * candidates.length) / count));
    return part.reduce((best, tile) => (variety(tile) > variety(best) ? tile : best));
  });
}

function classIds({ predict }: Network, tile: Tile, test: readonly Sensor[]): Int32Array {
  const { labels, images } = tileTensors([tile]);
  const used = imagesOf(test, images);
  const ids = tf.tidy(() =>
    tf
      .argMax(predict(used as SensorImages, test, 'eval'), -1)
      .dataSync<'int32'>()
      .slice(),
  );
  tf.dispose([labels, used]);
  return ids;
}

/** The sensors' images and the label. */
export function inputPanels({ splits: { pictureBands } }: Place, tile: Tile, weak: 'S' | 'D', palette: Palette): Panel[] {
  const auxiliary = channelsLast(tile[roleOf[weak]]!);
  return [
    { raster: opticalPicture(tile, pictureBands) },
    weak === 'S'
      ? { raster: sarImage(auxiliary, { channel: 0 }) }
      : { raster: scalarMap({ shape: auxiliary.shape.slice(0, 2), data: auxiliary.data }).raster },
    { raster: classMap({ shape: [tile.label.height, tile.label.width], data: tile.label.data }, palette) },
  ];
}

/** Standardising a band does not change its picture, which is stretched by percentiles. */
export const opticalPicture = ({ optical }: Tile, bands: readonly [number, number, number]): ReturnType<typeof falseColor> =>
  falseColor(channelsLast(optical), { bands });

/** [C,H,W] -> [H,W,C] */
function channelsLast({ data, bands, height, width }: Tile['optical']): { shape: number[]; data: Float32Array } {
  const pixels = height * width;
  return { shape: [height, width, bands], data: Float32Array.from(data, (_, at) => data[(at % bands) * pixels + Math.floor(at / bands)]) };
}

function mapPanel(tile: Tile, ids: Int32Array, palette: Palette, classes: readonly string[]): Panel {
  const { height, width, data } = tile.label;
  const pieces = (map: ArrayLike<number>, id: number): number => countComponents(Array.from(map, (value) => value === id), height, width); // prettier-ignore
  const told = shownClasses(classes).map((id) => `${classes[id]} ${pieces(ids, id)} / ${pieces(data, id)}`);
  return { raster: classMap({ shape: [height, width], data: ids }, palette), caption: told.join(', ') };
}

function errorPanel({ label: { height, width, data } }: Tile, ids: Int32Array): Panel {
  const counted = data.reduce((sum, label) => sum + (label === 255 ? 0 : 1), 0);
  const right = data.reduce((sum, label, i) => sum + (label === ids[i] ? 1 : 0), 0);
  const shape = [height, width];
  return {
    raster: errorMap({ shape, data: ids }, { shape, data }),
    caption: `${((100 * right) / Math.max(1, counted)).toFixed(0)} % right`,
  };
}

const uniqueEntries = (entries: readonly LegendEntry[]): LegendEntry[] =>
  entries.filter(({ name, color }, i) => entries.findIndex((other) => other.name === name && other.color === color) === i);
