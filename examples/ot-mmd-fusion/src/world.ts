import { makeScene, worldClasses, worldColors, type Layer, type LoadedSample, type Sample, type WorldScene } from '@rs/datasets';
import { completeSample, keptInMemory, trainingSource } from '@rs/experiments';
import type { Config } from './config.js';
import { byRole, type PairSample, type PairSplits } from './data.js';
import { pairNames, type Pair } from './rows.js';

type SyntheticData = Extract<Config['data'], { dataset: 'synthetic' }>;

const unknown = 255;
const [blue, green, red, nir] = [0, 1, 2, 3];

/** What the world looks like to a pair of sensors (spec/synthetic-world.md, section 5). */
interface View {
  readonly bands: readonly number[]; // of the optical image
  readonly display: readonly [number, number, number];
  readonly classes: readonly string[];
  readonly classOf: readonly number[]; // by class of the world
  readonly colorsFrom: readonly number[]; // class of the world whose colour stands for each class
  readonly aux: (scene: WorldScene) => Pick<LoadedSample, 'dsm' | 'sar'>;
}

const views: Readonly<Record<Pair, View>> = {
  elevation: {
    bands: [nir, red, green],
    display: [0, 1, 2],
    classes: ['impervious', 'building', 'low vegetation', 'tree', 'bare', 'water'], // grass and crop differ in radar alone
    classOf: [5, 3, 2, 2, 4, 1, 0],
    colorsFrom: [6, 5, 2, 1, 4, 0],
    aux: (scene) => ({ dsm: layer(scene, ['height'], stretched(scene.dsm)) }),
  },
  sar: {
    bands: [blue, green, red, nir],
    display: [2, 1, 0],
    classes: worldClasses,
    classOf: [0, 1, 2, 3, 4, 5, 6],
    colorsFrom: [0, 1, 2, 3, 4, 5, 6],
    aux: (scene) => ({ sar: layer(scene, ['VV', 'VH'], decibelScaled(scene)) }),
  },
};

/** Scenes of the synthetic world for run `seed`, without clouds, made in memory when they are first needed. */
export function openWorld({ train, validation, test, window: size }: SyntheticData, pair: Pair, seed: number): PairSplits {
  const { bands, display, classes, classOf, colorsFrom, aux } = views[pair];
  const places = new Map<string, readonly [worldSeed: number, index: number]>();
  const samplesOf = (worldSeed: number, count: number, split: string): Sample[] =>
    Array.from({ length: count }, (_, index) => {
      const id = `world ${worldSeed}, scene ${index}`;
      places.set(id, [worldSeed, index]);
      return { dataset: `synthetic world, ${pairNames[pair]}`, root: '', split, id, scene: id, files: {} };
    });
  const load = async ({ id }: Sample): Promise<PairSample> => {
    const [worldSeed, index] = places.get(id)!;
    const scene = makeScene(worldSeed, index, size, { clouds: false });
    const plane = size * size;
    const data = new Float32Array(bands.length * plane);
    bands.forEach((band, i) => data.set(scene.optical.subarray(band * plane, (band + 1) * plane), i * plane));
    const names = ['B', 'G', 'R', 'NIR'];
    const optical = layer(scene, bands.map((band) => names[band]), data); // prettier-ignore
    const ids = Int32Array.from(scene.labels, (label) => (label === unknown ? unknown : classOf[label]));
    const label = { data: ids, height: size, width: size, epsg: null, geotransform: null };
    return completeSample({ id, scene: id, optical, ...aux(scene), label, filled: {} }, ['optical', 'label']);
  };
  const trained = samplesOf(train.seed + seed, train.count, 'train');
  const kept = keptInMemory(load);
  return {
    pair,
    train: trained,
    validation: samplesOf(validation.seed, validation.count, 'validation'),
    test: samplesOf(test.seed, test.count, 'test'),
    classes,
    colors: colorsFrom.map((id) => worldColors[id]),
    display,
    load: kept,
    trainingBatches: ({ window, batchSize, seed: order }) => {
      const { source } = trainingSource<'optical' | 'label'>({
        samples: trained,
        load: kept,
        crop: window,
        symmetries: false,
        batchSize,
        seed: order,
      });
      return async (position) => {
        const { ids, ...tensors } = await source(position);
        return { ids, ...byRole(tensors) };
      };
    },
    about:
      `synthetic world, ${pairNames[pair]}, ${size}x${size} pixels a scene; ${train.count} training scenes (world ${train.seed} + seed), ` +
      `${test.count} scored scenes (world ${test.seed})`,
  };
}

const layer = ({ size }: WorldScene, bandNames: readonly string[], data: Float32Array): Layer => ({
  data,
  bands: bandNames.length,
  height: size,
  width: size,
  bandNames,
  epsg: null,
  geotransform: null,
});

/** To [0,1] by the least and largest value. */
function stretched(values: Float32Array): Float32Array {
  const low = values.reduce((least, value) => Math.min(least, value));
  const high = values.reduce((largest, value) => Math.max(largest, value));
  return values.map((value) => (value - low) / Math.max(high - low, 1e-6));
}

/** VV of [-25, 0] dB and VH of [-32.5, 0] to [0,1], cut. */
function decibelScaled({ sar, size }: WorldScene): Float32Array {
  const lowest = [-25, -32.5];
  return sar.map((value, i) => Math.min(1, Math.max(0, 1 - value / lowest[Math.floor(i / (size * size))])));
}
