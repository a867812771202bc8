import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  describeDataset,
  fusionLoading,
  fusionTiles,
  indexDataset,
  isprsWorldClasses,
  loadSample,
  makeScene,
  readImage,
  seenLabels,
  whuWorldLabels,
  whuWorldSarBands,
  worldIdLabels,
  writeMmovsegPie,
  writePng,
  writeVaihingen,
  writeWhuOptSar,
  type Layer,
} from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((gap, x, i) => Math.max(gap, Math.abs(x - b[i])), a.length === b.length ? 0 : Infinity);
const digest = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .filter((name) => statSync(path.join(root, name)).isFile())
    .map((name) => `${name} ${createHash('sha256').update(readFileSync(path.join(root, name))).digest('hex')}`); // prettier-ignore

test('a world written like WHU-OPT-SAR reads back as itself, up to the steps of its types', async () => {
  const root = path.join(folder, 'whu');
  const progress: number[] = [];
  await writeWhuOptSar({ seed: 9, count: 2, size: 20, root, split: 'test' });
  await writeWhuOptSar({ seed: 7, count: 3, size: 20, root, split: 'train', onScene: (done, count) => progress.push(done, count) });
  expect(progress).toEqual([1, 3, 2, 3, 3, 3]);
  for (const [split, seed, count] of [['train', 7, 3], ['test', 9, 2]] as const) {
    const samples = await indexDataset({ dataset: 'whu-opt-sar', root, split });
    expect(samples).toHaveLength(count);
    for (const [i, sample] of samples.entries()) {
      const scene = makeScene(seed, i, 20);
      const loaded = await loadSample(sample, { labels: whuWorldLabels, sarBandOrder: whuWorldSarBands, opticalScale: 10_000 });
      expect([...loaded.label!.data]).toEqual([...scene.labels]);
      expect(largestGap(loaded.optical!.data, scene.optical)).toBeLessThan(0.501e-4);
      expect(loaded.sar!.bandNames).toEqual(['VV', 'VH']);
      expect([...loaded.sar!.data]).toEqual([...scene.sar]);
    }
  }
  const [sample] = await indexDataset({ dataset: 'whu-opt-sar', root, split: 'train' });
  await expect(loadSample(sample)).rejects.toThrow('has 2 bands, expected 1 (SAR)');
  const names = describeDataset('whu-opt-sar').classes;
  const { label } = await loadSample(sample, { sarBandOrder: whuWorldSarBands });
  const stored = ['water', 'forest', 'village', 'farmland', 'others', 'city', 'road'];
  makeScene(7, 0, 20).labels.forEach((id, i) => expect(label!.data[i]).toBe(id === 255 ? 255 : names.indexOf(stored[id])));
}); // prettier-ignore

test('a split of WHU-OPT-SAR is replaced in the list, not doubled', async () => {
  const root = path.join(folder, 'whu-again');
  for (const count of [3, 1]) await writeWhuOptSar({ seed: 1, count, size: 16, root, split: 'train' });
  expect(await indexDataset({ dataset: 'whu-opt-sar', root, split: 'train' })).toHaveLength(1);
  const stop = (): void => {
    throw new Error('stopped');
  };
  await expect(writeWhuOptSar({ seed: 2, count: 2, size: 16, root, split: 'val', onScene: stop })).rejects.toThrow('stopped');
  await expect(indexDataset({ dataset: 'whu-opt-sar', root, split: 'val' })).rejects.toThrow('has no line "val:"');
});

test('areas written like Vaihingen read back as the world in six classes', async () => {
  const root = path.join(folder, 'vaihingen');
  await writeVaihingen({ seed: 3, count: 2, size: 32, root, split: 'test' });
  const tiles = fusionTiles.vaihingen.test.slice(0, 2);
  const samples = await indexDataset({ dataset: 'vaihingen', root, split: 'test', tiles });
  expect(samples.map(({ id }) => id)).toEqual([...tiles].sort());
  const isprsOf = ['water', 'tree', 'low vegetation', 'low vegetation', 'bare', 'building', 'impervious'] as const;
  for (const sample of samples) {
    const scene = makeScene(3, tiles.indexOf(sample.id as (typeof tiles)[number]), 32);
    const loaded = await loadSample(sample);
    expect([...loaded.dsm!.data]).toEqual([...scene.dsm]);
    expect([...loaded.label!.data]).toEqual([...scene.labels].map((id) => (id === 255 ? 255 : isprsWorldClasses.indexOf(isprsOf[id]))));
    const pixels = 32 * 32;
    [[3, 0.6], [2, 0.3], [1, 0.3]].forEach(([band, highest], i) => {
      const wanted = scene.optical.subarray(band * pixels, (band + 1) * pixels).map((x) => Math.min(highest, x));
      const got = loaded.optical!.data.subarray(i * pixels, (i + 1) * pixels).map((x) => (x / 255) * highest);
      expect(largestGap(got, wanted)).toBeLessThan((0.501 * highest) / 255);
    }); // prettier-ignore
  }
});

test('eroded labels leave out the pixels beside a border, and nothing else', async () => {
  const root = path.join(folder, 'eroded');
  await writeVaihingen({ seed: 3, count: 1, size: 32, root, split: 'train', erosion: 1 });
  const [sample] = await indexDataset({ dataset: 'vaihingen', root, split: 'train', tiles: ['area1'] });
  const full = (await loadSample(sample)).label!.data;
  const eroded = (await loadSample(sample, { erodedLabels: true })).label!.data;
  full.forEach((id, i) => {
    const [row, column] = [Math.floor(i / 32), i % 32];
    const beside = [row > 0 && i - 32, row < 31 && i + 32, column > 0 && i - 1, column < 31 && i + 1].filter((at) => at !== false);
    expect(eroded[i]).toBe(beside.every((at) => full[at] === id) ? id : 255);
  });
});

test('heights are stretched by the whole tile, whichever window is read', async () => {
  const root = path.join(folder, 'stretched');
  await writeVaihingen({ seed: 5, count: 1, size: 32, root, split: 'train' });
  const [sample] = await indexDataset({ dataset: 'vaihingen', root, split: 'train', tiles: ['area1'] });
  const { dsm, optical } = await loadSample(sample, fusionLoading.vaihingen);
  expect([Math.min(...dsm!.data), Math.max(...dsm!.data)]).toEqual([0, 1]);
  expect(Math.max(...optical!.data)).toBeLessThanOrEqual(1);
  const part = await loadSample(sample, { ...fusionLoading.vaihingen, window: [8, 4, 5, 7] });
  part.dsm!.data.forEach((x, i) => expect(x).toBe(dsm!.data[(8 + Math.floor(i / 7)) * 32 + 4 + (i % 7)]));
});

test("a world written like MM-OVSeg's release reads back clear and cloudy, in full and in its seen classes", async () => {
  const root = path.join(folder, 'pie');
  const seen = [1, 2, 3, 4, 5];
  await writeMmovsegPie({ seed: 4, count: 3, size: 24, root, split: 'val' });
  await writeMmovsegPie({ seed: 4, count: 3, size: 24, root, split: 'train', seen });
  const pixels = 24 * 24;
  for (const track of ['clean', 'cloud'] as const) {
    const samples = await indexDataset({ dataset: 'mmovseg-pie', root, split: 'val', track });
    const training = await indexDataset({ dataset: 'mmovseg-pie', root, split: 'train', track });
    for (const [i, sample] of samples.entries()) {
      const scene = makeScene(4, i, 24);
      const loaded = await loadSample(sample, { labels: worldIdLabels, opticalScale: 255, sarScale: 255 });
      expect([...loaded.label!.data]).toEqual([...scene.labels]);
      const image = track === 'clean' ? scene.optical : scene.cloudy;
      [2, 1, 0].forEach((band, at) => {
        const wanted = image.subarray(band * pixels, (band + 1) * pixels).map((x) => Math.min(0.3, x));
        expect(
          largestGap(
            loaded.optical!.data.subarray(at * pixels, (at + 1) * pixels).map((x) => 0.3 * x),
            wanted,
          ),
        ).toBeLessThan(0.6e-3);
      });
      const decibel = scene.sar.subarray(0, pixels).map((x) => Math.min(0, Math.max(-25, x)));
      const bands = [0, 1, 2].map((band) => loaded.sar!.data.subarray(band * pixels, (band + 1) * pixels));
      for (const band of bands)
        expect(
          largestGap(
            band.map((x) => 25 * x - 25),
            decibel,
          ),
        ).toBeLessThan(0.05); // one band, three times
      const wanted = [...scene.labels].map((id) => (seen.includes(id) ? seen.indexOf(id) : 255));
      expect([...(await loadSample(training[i])).label!.data]).toEqual(wanted);
      expect([...(await loadSample(sample, { labels: seenLabels(worldIdLabels, seen) })).label!.data]).toEqual(wanted);
    }
  }
});

test('a split of the release appears whole or not at all, and is not overwritten', async () => {
  const root = path.join(folder, 'pie-stopped');
  const stop = (): void => {
    throw new Error('stopped');
  };
  const options = { seed: 1, count: 2, size: 16, root, split: 'val' } as const;
  await expect(writeMmovsegPie({ ...options, onScene: stop })).rejects.toThrow('stopped');
  expect(readdirSync(root)).toEqual(['val.partial']);
  await writeMmovsegPie(options);
  expect(readdirSync(root)).toEqual(['val']);
  await expect(writeMmovsegPie(options)).rejects.toThrow('val must not exist yet');
});

test('the same world gives the same bytes in every layout', async () => {
  const roots = ['one', 'two'].map((name) => path.join(folder, name));
  for (const root of roots) {
    await writeWhuOptSar({ seed: 1, count: 1, size: 16, root: path.join(root, 'whu'), split: 'train' });
    await writeVaihingen({ seed: 1, count: 1, size: 16, root: path.join(root, 'vaihingen'), split: 'train' });
    await writeMmovsegPie({ seed: 1, count: 1, size: 16, root: path.join(root, 'pie'), split: 'train' });
  }
  const [first, second] = roots.map(digest);
  expect(first).toEqual(second);
  expect(first).toHaveLength(12);
});

test('a PNG reads back as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 3),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.nat({ max: 255 })),
      async (bands, height, width, values) => {
        const data = Uint8Array.from(values.take(bands * height * width));
        const file = path.join(folder, 'any.png');
        await writePng(file, { bands, height, width, data });
        expect(await readImage(file)).toMatchObject({ bands, height, width, data });
      },
    ),
    { seed: 1, numRuns: 30 },
  );
});

test('names what is wrong', async () => {
  const root = path.join(folder, 'wrong');
  await expect(writePng(root, { bands: 2, height: 1, width: 1, data: new Uint8Array(2) })).rejects.toThrow(
    'writePng: image must have 1 or 3 bands, got 2',
  );
  await expect(writeVaihingen({ seed: 1, count: 5, root, split: 'test' })).rejects.toThrow(
    'writeVaihingen: count must be at most 4, the areas of test, got 5',
  );
  expect(() => seenLabels(worldIdLabels, [1, 1])).toThrow('seenLabels: seen must hold each class once, got 1 in [1, 1]');
  expect(() => seenLabels(worldIdLabels, [1, 7])).toThrow('seenLabels: seen must hold each class once, got 7 in [1, 7]');
});

test('a sensor that is missing is not opened, and nothing stands in for it', async () => {
  const root = path.join(folder, 'missing');
  await writeWhuOptSar({ seed: 7, count: 1, size: 20, root, split: 'test' });
  const [sample] = await indexDataset({ dataset: 'whu-opt-sar', root, split: 'test' });
  const whole = await loadSample(sample, { sarBandOrder: whuWorldSarBands });
  const gone = { ...sample, files: { ...sample.files, optical: 'optical/never-written.tif' } };
  const radarOnly = await loadSample(gone, { sarBandOrder: whuWorldSarBands, missing: ['optical'] });
  expect(Object.keys(radarOnly).sort()).toEqual(['filled', 'id', 'label', 'sar', 'scene']);
  expect(radarOnly.sar).toEqual<Layer>(whole.sar!);
  expect(radarOnly.label).toEqual(whole.label);
  expect(radarOnly.filled).toEqual({ sar: 0 });
  const opticalOnly = await loadSample(sample, { missing: ['sar'], window: [2, 3, 4, 5] });
  expect([opticalOnly.sar, opticalOnly.optical!.height]).toEqual([undefined, 4]);
  await expect(loadSample(sample, { missing: ['sar', 'optical'] })).rejects.toThrow('a sample without any image');
});
