import { fileURLToPath } from 'node:url';
import { indexDataset, type Sample } from '@rs/datasets';
import { capture } from '@rs/engine';
import { Random, resize } from '@rs/nn';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Forward } from '../src/evaluate.js';
import { colorJitter } from '../src/recipe/color-jitter.js';
import { evaluateRecipe } from '../src/recipe/evaluate.js';
import { loadPair, pairSource, type Pair } from '../src/recipe/pairs.js';
import { checkRecipe, readRecipe } from '../src/recipe/config.js';
import { openScoredData, type ScoredData } from '../src/recipe/scored-data.js';
import { trainingTiles } from '../src/recipe/training-tiles.js';
import type { ClearTile, Tiles } from '../src/tiles.js';
import { tinyRaw } from './tiny-config.js';

const samples = fileURLToPath(new URL('../../../tools/conformance/samples', import.meta.url));
const named = (count: number): Sample[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${i}`,
    scene: `${i}`,
    files: { optical: `${i}.tif` },
    dataset: 'none',
    root: '',
    split: 'train',
  }));

describe('pairs of stage 1', () => {
  test('SAR in float is stretched to 0..255; what has no data in one image is 0 in both', async () => {
    const [sample] = await indexDataset({ dataset: 'spacenet6', root: `${samples}/spacenet6/train`, split: 'train' });
    const { optical, sar, valid } = await loadPair(sample);
    expect([optical.bands, sar.bands]).toEqual([3, 3]);
    expect([Math.min(...sar.data), Math.max(...sar.data)]).toEqual([0, 255]);
    const pixels = sar.height * sar.width;
    const black = Array.from({ length: pixels }, (_, i) => [0, 1, 2].every((band) => optical.data[band * pixels + i] === 0));
    black.forEach((isBlack, i) => isBlack && expect(sar.data[i]).toBe(0));
    expect(1 - black.filter(Boolean).length / pixels).toBeCloseTo(valid, 6);
  });

  test('SAR of 8 bits stays as it is', async () => {
    const [sample] = await indexDataset({ dataset: 'dfc2023', root: `${samples}/dfc2023/DFC_Track_1`, split: 'train' });
    const { sar } = await loadPair(sample);
    expect(sar.data.every(Number.isInteger)).toBe(true);
  });

  const square = (side: number, valid = 1): Pair => {
    const image = { bands: 3, height: side, width: side, data: Float32Array.from({ length: 3 * side ** 2 }, (_, i) => (i * 37) % 256) };
    return { optical: image, sar: image, valid };
  };

  test('both images are cut, scaled, flipped and turned alike; the same step gives the same batch', async () => {
    const source = pairSource({ pairs: named(4), crop: 8, batchSize: 2, seed: 3, load: () => Promise.resolve(square(20)) });
    for (const position of [0, 1, 5]) {
      const [first, again] = [await source(position), await source(position)];
      expect(first.optical.shape).toEqual([2, 8, 8, 3]);
      expect([...first.sar.dataSync()]).toEqual([...first.optical.dataSync()]);
      expect([...again.optical.dataSync()]).toEqual([...first.optical.dataSync()]);
      tf.dispose([first, again] as unknown as tf.TensorContainer);
    }
  });

  test('a tile that is mostly empty is left out, a folder of such tiles told', async () => {
    const load = ({ id }: Sample): Promise<Pair> => Promise.resolve(square(12, id === '1' ? 0.4 : 1));
    const batch = await pairSource({ pairs: named(3), crop: 8, batchSize: 3, seed: 0, load })(0);
    expect([...batch.ids].sort()).toEqual(['0', '2', '2']);
    const empty = pairSource({ pairs: named(3), crop: 8, batchSize: 1, seed: 0, load: () => Promise.resolve(square(12, 0)) });
    await expect(empty(0)).rejects.toThrow(/\.tif: and the tiles after it have data in less than half/);
  });
});

describe('colour jitter', () => {
  test('keeps values in 0..255 and grey grey, and is drawn by the seed', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }),
        (seed, values) => {
          const pixels = Float32Array.from([...values.slice(0, 3), values[3], values[3], values[3]]);
          const again = pixels.slice();
          colorJitter(pixels, new Random(seed));
          colorJitter(again, new Random(seed));
          expect([...again]).toEqual([...pixels]);
          for (const value of pixels) expect(value >= 0 && value <= 255).toBe(true);
          expect(Math.max(...pixels.slice(3)) - Math.min(...pixels.slice(3))).toBeLessThan(1e-3);
        },
      ),
    ));

  test('leaves one image in 16 as it is, and changes hues of others', () => {
    const red = Array.from({ length: 400 }, (_, seed) => {
      const pixels = Float32Array.of(200, 40, 40);
      colorJitter(pixels, new Random(seed));
      return [...pixels].map(Math.round);
    });
    const same = red.filter((pixel) => String(pixel) === '200,40,40').length / red.length;
    expect(same).toBeGreaterThan(0.02);
    expect(same).toBeLessThan(0.12);
    expect(red.filter(([, green, blue]) => Math.abs(green - blue) > 2).length / red.length).toBeGreaterThan(0.3);
  });
});

/** Tiles whose SAR shows the label, of `side` pixels. */
const marked = (side: number): Tiles<ClearTile> => {
  const label = Int32Array.from({ length: side ** 2 }, (_, i) => Number(i % side >= side / 2));
  const place = { height: side, width: side, epsg: null, geotransform: null };
  const image = (data: Float32Array) => ({ ...place, bands: 3, data, bandNames: ['R', 'G', 'B'] });
  const sar = image(Float32Array.from({ length: 3 * side ** 2 }, (_, i) => 100 * label[i % side ** 2]));
  const optical = image(
    Float32Array.from({ length: 3 * side ** 2 }, (_, i) => (Math.floor(i / side ** 2) === label[i % side ** 2] ? 200 : 10)),
  );
  const samples = named(2);
  return { samples, load: ({ id }) => Promise.resolve({ id, scene: id, optical, sar, label: { ...place, data: label }, filled: {} }) };
};

describe('tiles of stage 2', () => {
  const open = async (train: object) => {
    const config = await readRecipe(fileURLToPath(new URL('../config/paper.yaml', import.meta.url)));
    return openScoredData(checkRecipe({ ...config, train, test: train }, 'mine.yaml'), samples);
  };
  const oem = { dataset: 'oem-sar', folder: 'oem-sar', split: 'train' };

  test('training labels hold the seen classes alone, renumbered; SAR has three bands', async () => {
    const { train, test: scored, seenNames, classes, unseen } = await open(oem);
    expect(seenNames).toEqual(['bareland', 'rangeland', 'developedspace', 'tree', 'agricultureland']);
    expect(unseen.map((id) => classes[id])).toEqual(['road', 'water', 'building']);
    const [seen, all] = [await train.load(train.samples[0]), await scored.load(scored.samples[0])];
    const expected = all.label.data.map((id) => (id === 255 || unseen.includes(id) ? 255 : seenNames.indexOf(classes[id])));
    expect([...seen.label.data]).toEqual([...expected]);
    expect(seen.sar.bands).toBe(3);
  });

  test('training masks as released with MM-OVSeg are renumbered already', async () => {
    const { train, seenNames } = await open({ dataset: 'mmovseg-pie', folder: 'mmovseg/PIE_RGBSAR', split: 'train', track: 'cloud' });
    expect(seenNames).toHaveLength(4);
    const { label } = await train.load(train.samples[0]);
    expect(label.data.every((id) => id < 4 || id === 255)).toBe(true);
  });

  test('clouds are always the same ones, and over the optical image alone', async () => {
    const loaded = async (more: object) => {
      const { train, about } = await open({ ...oem, ...more });
      return { about, ...(await train.load(train.samples[0])) };
    };
    const [clear, cloudy, again] = [await loaded({}), await loaded({ clouds: 'big' }), await loaded({ clouds: 'big' })];
    expect([...again.optical.data]).toEqual([...cloudy.optical.data]);
    const changed = clear.optical.data.filter((value, i) => Math.abs(value - cloudy.optical.data[i]) > 1).length;
    expect(changed / clear.optical.data.length).toBeGreaterThan(0.3);
    expect([...cloudy.sar.data]).toEqual([...clear.sar.data]);
    expect(cloudy.about).toMatch(/oem-sar train under simulated clouds \(big, seed 0\), 1 tiles/);
  });

  test('without a common class there is nothing to score', async () => {
    const config = await readRecipe(fileURLToPath(new URL('../config/paper.yaml', import.meta.url)));
    const mixed = checkRecipe({ ...config, train: { ...oem }, test: { dataset: 'ddhr', folder: 'ddhr-sk', split: 'train' } }, 'mine.yaml');
    await expect(openScoredData(mixed, samples)).rejects.toThrow('train (oem-sar) and test (ddhr) have no class in common');
  });
});

test('training tiles: SAR and labels stay together, the optical image alone changes its colours', async () => {
  const source = trainingTiles({ tiles: marked(8), edge: 16, batchSize: 2, seed: 1 });
  const seen = new Set<string>();
  for (let position = 0; position < 6; position++) {
    const { optical, sar, labels } = await source(position);
    expect([optical.shape, sar.shape, labels.shape]).toEqual([[2, 16, 16, 3], [2, 16, 16, 3], [2, 16, 16]]); // prettier-ignore
    const [radar, ids] = [sar.dataSync(), labels.dataSync()];
    ids.forEach((id, i) => (i % 16 < 6 || i % 16 > 9) && expect(radar[3 * i] > 50).toBe(id === 1)); // away from the border, which is resized
    seen.add(String(optical.dataSync().slice(0, 3)));
    tf.dispose([optical, sar, labels]);
  }
  expect(seen.size).toBeGreaterThan(2);
});

test.each([
  ['the whole image', undefined],
  ['sliding windows', { kernel: 16, overlap: 0.5, outRes: [24, 24] as [number, number] }],
])('%s: a network that reads the classes off the image is right everywhere', async (_, windows) => {
  const forward: Forward = capture(
    ({ image }) => ({ logits: resize(tf.slice(image, [0, 0, 0, 0], [-1, -1, -1, 2]), { size: [8, 8], mode: 'bilinear' }) }),
    { eager: true },
  );
  const test = marked(32);
  const data: ScoredData = { train: test, test, classes: ['a', 'b'], seenNames: ['a'], seen: [0], unseen: [1], colors: [], about: '' };
  const before = tf.memory().numTensors;
  const segmentation = { ...tinyRaw.segmentation, loss: 'ce' } as never;
  const options = { edge: 16, segmentation, ...(windows && { windows }) };
  const evaluation = await evaluateRecipe(forward, data, options, { all: 1, trained: 1 });
  expect(tf.memory().numTensors).toBe(before);
  expect(evaluation).toMatchObject({ tiles: 2, grouped: { seen: expect.any(Number), unseen: expect.any(Number) } });
  expect(evaluation.segmentation.mIoU).toBeGreaterThan(0.93);
});
