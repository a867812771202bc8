import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addPerlinClouds,
  blendClouds,
  cloudMaskFromNoise,
  cloudNoiseScales,
  cloudPresets,
  fractalNoise2d,
  localGaussianBlur,
  perBandCloudMask,
  perlinNoise2d,
  permutationNoise2d,
  simulateClouds,
  squashNoise,
  synthesizePerlinClouds,
  type CloudPresetName,
  type Field,
  type GradientLattice,
  type Planar,
} from '../src/index.js';
import { Draws } from '../src/draws.js';
import { drawn } from './random-image.js';

const seed = fc.nat();
const points = fc.integer({ min: 2, max: 5 });
const fade = fc.constantFrom('smoothstep' as const, 'quintic' as const);

const lattice = (height: number, width: number, from: number): GradientLattice => ({
  data: new Draws(from, 0).normals('gradients', 2 * height * width),
  height,
  width,
});

/** An image in [0,1]. */
const ground = (bands: number, height: number, width: number, from: number): Planar<Float32Array> => ({
  data: Float32Array.from({ length: bands * height * width }, (_, i) => drawn(from, i, 1000) / 1000),
  bands,
  height,
  width,
});
const field = (height: number, width: number, from: number): Field => ({ ...ground(1, height, width, from), height, width });
const patch = fc.record({ bands: fc.integer({ min: 1, max: 4 }), height: fc.integer({ min: 1, max: 9 }), width: fc.integer({ min: 1, max: 9 }), seed }); // prettier-ignore

test('noise is 0 on the points of the lattice', () =>
  fc.assert(
    fc.property(points, points, fc.integer({ min: 1, max: 6 }), fade, seed, (height, width, cell, f, from) => {
      const { data, width: columns } = perlinNoise2d(lattice(height, width, from), { cell, fade: f });
      for (let i = 0; i < (height - 1) * cell; i += cell) {
        for (let j = 0; j < (width - 1) * cell; j += cell) expect(data[i * columns + j]).toBeCloseTo(0, 6);
      }
    }),
    { seed: 1 },
  ));

test('noise is continuous: neighbours differ less the finer the grid', () =>
  fc.assert(
    fc.property(fade, seed, (f, from) => {
      const gradients = lattice(4, 4, from);
      const largest = Math.max(...Array.from(gradients.data, Math.abs));
      const { data, width } = perlinNoise2d(gradients, { cell: 40, fade: f });
      // |grad noise| is at most |g| (1 + 2 max f') over the unit cell, with max f' = 15/8
      const steepest = (2 * largest * (1 + 2 * 1.875)) / 40;
      const step = (i: number, back: number): number => Math.abs(data[i] - data[i - back]);
      let across = 0;
      let down = 0;
      for (let i = 1; i < data.length; i++) if (i % width) across = Math.max(across, step(i, 1));
      for (let i = width; i < data.length; i++) down = Math.max(down, step(i, width));
      expect(Math.max(across, down)).toBeLessThan(steepest);
    }),
    { seed: 2, numRuns: 20 },
  ));

test('a cell of broken size samples the same noise', () => {
  const gradients = lattice(5, 5, 3);
  const coarse = perlinNoise2d(gradients, { cell: 2.5, shape: [10, 10] });
  const fine = perlinNoise2d(gradients, { cell: 5, shape: [20, 20] });
  for (let i = 0; i < 10; i++) {
    for (let j = 0; j < 10; j++) expect(coarse.data[i * 10 + j]).toBeCloseTo(fine.data[2 * i * 20 + 2 * j], 6);
  }
});

test('noise of a permutation repeats after 256 cells and goes on below zero', () => {
  const permutation = Uint8Array.from({ length: 256 }, (_, i) => (i * 167 + 13) % 256);
  const gradientTable = new Draws(1, 0).normals('table', 16);
  const at = (row: number, column: number): Field =>
    permutationNoise2d({ permutation, gradientTable, frequency: 0.25, offset: [row, column], shape: [9, 9] });
  const here = at(-1.5, -0.75);
  const there = at(254.5, 255.25);
  here.data.forEach((value, i) => expect(value).toBeCloseTo(there.data[i], 6));
  expect(here.data[0]).toBeCloseTo(at(-2.5, -0.75).data[4 * 9], 6); // 4 pixels are one cell
});

test('fractal noise is linear in its weights', () => {
  const gradients = [lattice(3, 3, 1), lattice(5, 5, 2)];
  const octaves = { cells: [8, 4], shape: [16, 16] } as const;
  const both = fractalNoise2d(gradients, { ...octaves, weights: [2, 3] });
  const first = fractalNoise2d(gradients, { ...octaves, weights: [2, 0] });
  const second = fractalNoise2d(gradients, { ...octaves, weights: [0, 3] });
  both.data.forEach((value, i) => expect(value).toBeCloseTo(first.data[i] + second.data[i], 5));
});

test('squashed noise keeps signs and stays within -1..1', () => {
  const squashed = squashNoise(perlinNoise2d(lattice(5, 5, 1), { cell: 8 }));
  expect(Math.max(...squashed.data.map(Math.abs))).toBeCloseTo(Math.tanh(4), 6);
  expect([...squashNoise({ data: new Float32Array(4), height: 2, width: 2 }).data]).toEqual([0, 0, 0, 0]);
});

test('the octaves reach over the image', () =>
  fc.assert(
    fc.property(fc.integer({ min: 16, max: 700 }), fc.integer({ min: 16, max: 700 }), fc.boolean(), (height, width, constScale) => {
      const { cells, lattice: sizes, paddedShape } = cloudNoiseScales({ shape: [height, width], constScale });
      cells.forEach((cell, k) => {
        expect((sizes[k][0] - 1) * cell).toBeGreaterThanOrEqual(height);
        expect((sizes[k][1] - 1) * cell).toBeGreaterThanOrEqual(width);
      });
      expect(paddedShape[0] < 2 * height && paddedShape[1] < 2 * width).toBe(true);
    }),
    { seed: 3 },
  ));

test('a cloud mask reaches from its lowest to its highest level', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.double({ min: 0, max: 0.4, noNaN: true }), seed, (locality, minLevel, from) => {
      const noises = Array.from({ length: locality }, (_, k) => field(6, 7, from + k));
      const { data } = cloudMaskFromNoise(noises, { clearThreshold: 0, minLevel, maxLevel: 0.9 });
      expect(Math.min(...data)).toBeCloseTo(minLevel, 5);
      expect(Math.max(...data)).toBeCloseTo(0.9, 5);
    }),
    { seed: 4 },
  ));

test('bands without offsets are the mask itself times their weight', () => {
  const mask = field(4, 5, 1);
  const masks = perBandCloudMask(mask, { weights: [1, 0.5], offsets: [[0, 0], [0, 0]] }); // prettier-ignore
  expect([...masks.data]).toEqual([...mask.data, ...mask.data.map((x) => 0.5 * x)]);
});

test('blur keeps constants, changes nothing where sigma is 0, and stays within the range', () =>
  fc.assert(
    fc.property(patch, fc.double({ min: 0.3, max: 4, noNaN: true }), ({ bands, height, width, seed: from }, sigma) => {
      const image = ground(bands, height, width, from);
      const everywhere = (value: number): Field => ({ data: new Float32Array(height * width).fill(value), height, width });
      expect(localGaussianBlur(image, everywhere(0))).toEqual(image);
      const constant = localGaussianBlur({ ...image, data: image.data.map(() => 0.25) }, everywhere(sigma));
      for (const value of constant.data) expect(value).toBeCloseTo(0.25, 6);
      for (const value of localGaussianBlur(image, everywhere(sigma)).data) expect(value >= 0 && value <= 1).toBe(true);
    }),
    { seed: 5, numRuns: 50 },
  ));

test('opacity 0 shows the image, opacity 1 the cloud, between them a blend', () =>
  fc.assert(
    fc.property(patch, fc.constantFrom('white' as const, 'ambient' as const), ({ bands, height, width, seed: from }, color) => {
      const image = ground(bands, height, width, from);
      const opacity = (value: number): Planar => ({ data: new Float32Array(height * width).fill(value), bands: 1, height, width });
      expect(blendClouds(image, opacity(0), { color }).cloudy).toEqual(image);
      const opaque = blendClouds(image, opacity(1), { color });
      opaque.cloudy.data.forEach((x, i) => expect(x).toBeCloseTo(opaque.base.data[i], 6));
      opaque.base.data.forEach((x) => expect(x).toBeCloseTo(1, 6)); // an opaque cloud is white whatever lies below
      const { cloudy, base } = blendClouds(image, opacity(0.4), { color });
      cloudy.data.forEach((x, i) => {
        expect(x).toBeGreaterThanOrEqual(Math.min(image.data[i], base.data[i]) - 1e-6);
        expect(x).toBeLessThanOrEqual(Math.max(image.data[i], base.data[i]) + 1e-6);
      });
    }),
    { seed: 6, numRuns: 50 },
  ));

test('added clouds only brighten, the same in all bands', () => {
  const image = ground(3, 5, 6, 1);
  const { cloudy, cloudMask } = addPerlinClouds(image, field(5, 6, 2), { amplitude: 0.3, maskThreshold: 0.5 });
  cloudy.data.forEach((x, i) => expect(x).toBeCloseTo(Math.min(1, image.data[i] + 0.3 * field(5, 6, 2).data[i % 30]), 6));
  expect([...cloudMask.data]).toEqual([...field(5, 6, 2).data].map((x) => (x > 0.5 ? 1 : 0)));
});

const presets = Object.keys(cloudPresets) as CloudPresetName[];

test.each(presets)('clouds of the preset %s stay in range and are fixed by seed and file', (preset) =>
  fc.assert(
    fc.property(fc.integer({ min: 16, max: 40 }), fc.integer({ min: 16, max: 40 }), fc.boolean(), seed, (height, width, shadow, from) => {
      const image = ground(3, height, width, from);
      const simulate = (name: string): ReturnType<typeof simulateClouds> => simulateClouds(image, { preset, seed: from, name, shadow });
      const { cloudy, opacity, cloudMask, parameters } = simulate('a.png');
      expect([...cloudy.data, ...opacity.data].every((value) => value >= 0 && value <= 1)).toBe(true);
      const { minLevel, maxLevel, locality } = cloudPresets[preset];
      expect(parameters.minLevel).toBeGreaterThanOrEqual(minLevel[0]);
      expect(parameters.minLevel).toBeLessThanOrEqual(minLevel[1]);
      expect(parameters.maxLevel).toBeGreaterThanOrEqual(Math.max(parameters.minLevel, maxLevel[0]));
      expect(parameters.maxLevel).toBeLessThanOrEqual(maxLevel[1]);
      expect(parameters.locality).toBeGreaterThanOrEqual(locality[0]);
      expect(parameters.locality).toBeLessThanOrEqual(locality[1]);
      cloudMask.data.forEach((cloud, i) => {
        const mean = (opacity.data[i] + opacity.data[height * width + i] + opacity.data[2 * height * width + i]) / 3;
        if (Math.abs(mean - 0.1) > 1e-5) expect(cloud).toBe(mean > 0.1 ? 1 : 0);
      });
      expect(simulate('a.png')).toEqual({ cloudy, opacity, cloudMask, parameters });
      expect(simulate('b.png').opacity).not.toEqual(opacity);
    }),
    { seed: 7, numRuns: 12 },
  ),
);

test('every locality of a preset is drawn', () => {
  const image = ground(1, 16, 16, 1);
  const drawnLocalities = Array.from({ length: 40 }, (_, i) => simulateClouds(image, { preset: 'local', seed: 1, name: `${i}` }).parameters.locality); // prettier-ignore
  expect([...new Set(drawnLocalities)].sort()).toEqual([2, 3, 4]);
});

test('synthesised clouds cover the drawn share and change nothing outside the mask', () =>
  fc.assert(
    fc.property(fc.constantFrom('additive' as const, 'blend' as const), fc.integer({ min: 16, max: 40 }), seed, (mode, side, from) => {
      const image = ground(2, side, side, from);
      const { cloudy, density, cloudMask, coverage } = synthesizePerlinClouds(image, { seed: from, name: 'p', mode });
      expect(coverage >= 0.1 && coverage <= 0.9).toBe(true);
      const cloudyPixels = cloudMask.data.reduce((sum, cloud) => sum + cloud, 0);
      expect(Math.abs(cloudyPixels - coverage * side ** 2)).toBeLessThanOrEqual(1);
      cloudy.data.forEach((x, i) => {
        const d = density.data[i % side ** 2];
        expect(cloudMask.data[i % side ** 2]).toBe(d > 0 ? 1 : 0);
        expect(x).toBeCloseTo(mode === 'additive' ? Math.min(1, image.data[i] + d) : image.data[i] * (1 - d) + d, 5);
      });
      expect(Math.max(...density.data)).toBe(1);
      expect(synthesizePerlinClouds(image, { seed: from, name: 'p', mode }).cloudy).toEqual(cloudy);
      expect(synthesizePerlinClouds(image, { seed: from + 1, name: 'p', mode }).cloudy).not.toEqual(cloudy);
    }),
    { seed: 8, numRuns: 30 },
  ));

test('names what is wrong', () => {
  const image = ground(2, 16, 16, 1);
  expect(() => perlinNoise2d(lattice(3, 3, 1), { cell: 4, shape: [9, 8] })).toThrow(
    'perlinNoise2d: 9 x 8 pixels with cell 4 need 4 x 3 gradients, got 3 x 3',
  );
  expect(() => perlinNoise2d(lattice(3, 3, 1), { cell: 0 })).toThrow('cell must be positive, got 0');
  expect(() => permutationNoise2d({ permutation: [1], gradientTable: new Float32Array(2), frequency: 1, offset: [0, 0], shape: [1, 1] })).toThrow(
    'permutation must have 256 entries, got 1',
  ); // prettier-ignore
  expect(() => fractalNoise2d([lattice(3, 3, 1)], { cells: [4], weights: [], shape: [4, 4] })).toThrow('got 1 and 0');
  expect(() => cloudNoiseScales({ shape: [15, 64] })).toThrow('shape must be at least 16 pixels a side, got 15 x 64');
  expect(() => cloudMaskFromNoise([], { clearThreshold: 0, minLevel: 0, maxLevel: 1 })).toThrow('at least one field, got none');
  expect(() => perBandCloudMask(field(4, 4, 1), { weights: [1], offsets: [[2, 0]] })).toThrow('offsets up to 2 leave nothing');
  expect(() => localGaussianBlur(image, field(4, 4, 1))).toThrow('localGaussianBlur: sigma must be 16 x 16 pixels, got 4 x 4');
  expect(() => blendClouds(image, ground(3, 16, 16, 1))).toThrow('blendClouds: alpha must have 1 or 2 bands, got 3');
  expect(() => blendClouds(image, image, { reflectance: [1] })).toThrow('reflectance must have one value for each of 2 bands, got 1');
  expect(() => addPerlinClouds(image, field(4, 4, 1), { amplitude: 1, maskThreshold: 0 })).toThrow('mask must be 16 x 16 pixels');
  expect(() => simulateClouds(image, { preset: 'cumulus' as 'big', seed: 1, name: 'a' })).toThrow('preset must be one of default, wide,');
  expect(() => synthesizePerlinClouds(image, { seed: 1, name: 'a', cover: [0, 1] })).toThrow(
    'cover must be a range within (0, 1], got [0, 1]',
  );
});
