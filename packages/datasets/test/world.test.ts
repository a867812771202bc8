import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeScene, makeWorld, type WorldOptions } from '../src/index.js';

const size = fc.constantFrom(16, 24, 32);
const seed = fc.nat({ max: 1000 });
const index = fc.nat({ max: 20 });
const within = (values: ArrayLike<number>, low: number, high: number): boolean => Array.from(values).every((x) => x >= low && x <= high);
const share = (values: ArrayLike<number>, is: (x: number) => boolean): number => Array.from(values).filter(is).length / values.length;

test('values are within their ranges and masks follow the density', () =>
  fc.assert(
    fc.property(seed, index, size, (from, at, side) => {
      const scene = makeScene(from, at, side);
      expect(within(scene.optical, 0, 1) && within(scene.cloudy, 0, 1) && within(scene.cloudDensity, 0, 1)).toBe(true);
      expect(within(scene.sar, -30.1, 20)).toBe(true); // the noise floor is 0.001
      expect(scene.labels.every((label) => label <= 6 || label === 255)).toBe(true);
      expect([...scene.cloudMask]).toEqual([...scene.cloudDensity].map((density) => (density > 0.08 ? 1 : 0)));
      expect(scene.shadowMask.some((shadow, i) => shadow > 0 && scene.cloudMask[i] > 0)).toBe(false);
      expect(scene.cover).toBeCloseTo(
        share(scene.cloudMask, (cloud) => cloud === 1),
        12,
      );
      expect([scene.optical.length, scene.sar.length, scene.dsm.length]).toEqual([4 * side ** 2, 2 * side ** 2, side ** 2]);
    }),
    { seed: 1, numRuns: 30 },
  ));

test('a scene depends on seed and number alone, not on where its world begins or ends', () =>
  fc.assert(
    fc.property(seed, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 3 }), (from, first, count) => {
      const world = makeWorld({ seed: from, count, first, size: 16 });
      for (let i = 0; i < count; i++) {
        const scene = makeScene(from, first + i, 16);
        for (const name of ['optical', 'cloudy', 'sar', 'dsm', 'cloudDensity', 'cloudMask', 'shadowMask', 'labels'] as const) {
          const step = scene[name].length;
          expect(world[name].subarray(i * step, (i + 1) * step)).toEqual(scene[name]);
        }
        expect(world.cover[i]).toBeCloseTo(scene.cover, 6);
      }
      expect(makeScene(from + 1, first, 16).optical).not.toEqual(makeScene(from, first, 16).optical);
      expect(makeScene(from, first + 1, 16).optical).not.toEqual(makeScene(from, first, 16).optical);
    }),
    { seed: 2, numRuns: 10 },
  ));

test('without clouds the second image is a clear one: the first by a gain of each band and noise', () =>
  fc.assert(
    fc.property(seed, index, (from, at) => {
      const scene = makeScene(from, at, 16, { clouds: false });
      expect([scene.cover, Math.max(...scene.cloudMask, ...scene.shadowMask), Math.max(...scene.cloudDensity)]).toEqual([0, 0, 0]);
      scene.cloudy.forEach((x, i) => expect(Math.abs(x - scene.optical[i])).toBeLessThan(0.04 * scene.optical[i] + 0.004 * 6));
      expect(scene.optical).toEqual(makeScene(from, at, 16).optical); // the clouds have draws of their own
    }),
    { seed: 3, numRuns: 10 },
  ));

test('options change what they name and nothing else', () => {
  const plain = makeScene(5, 1, 32);
  const changed = (options: WorldOptions): string[] => {
    const scene = makeScene(5, 1, 32, options);
    return (['optical', 'cloudy', 'cloudDensity', 'sar', 'dsm', 'labels'] as const).filter((name) => scene[name].some((x, i) => x !== plain[name][i]));
  }; // prettier-ignore
  expect(changed({ cover: [0.2, 0.3] })).toEqual(['cloudy', 'cloudDensity']);
  expect(changed({ thickness: [20, 30] })).toEqual(['cloudy', 'cloudDensity']);
  expect(changed({ shadow: 0.1 })).toEqual(['cloudy']);
  expect(changed({ radiometry: 0 })).toEqual(['cloudy']);
  expect(changed({ looks: 1 })).toEqual(['sar']);
  expect(changed({ misregistration: 3 })).toEqual(['sar']);
  expect(changed({ zoom: 2 })).toEqual(['optical', 'cloudy', 'sar', 'dsm', 'labels']);
});

test('cover is the share of pixels with any cloud; more looks are less speckle', () => {
  const covered = makeScene(1, 0, 64, { cover: [0.5, 0.5] });
  expect(share(covered.cloudDensity, (density) => density > 0)).toBeCloseTo(0.5, 2);
  const roughness = (looks: number): number => {
    const { sar } = makeScene(1, 0, 64, { looks });
    return sar.subarray(1).reduce((sum, x, i) => sum + (x - sar[i]) ** 2, 0);
  };
  expect(roughness(16)).toBeLessThan(roughness(1));
});

test('sensors disagree where they should: what one leaves open the other tells', () => {
  const { optical, sar, dsm, labels } = makeWorld({ seed: 4, count: 24 });
  const pixels = 64 * 64;
  const mean = (values: Float32Array, bands: number, band: number, label: number): number => {
    let [sum, count] = [0, 0];
    labels.forEach((id, i) => {
      if (id !== label) return;
      sum += values[(Math.floor(i / pixels) * bands + band) * pixels + (i % pixels)];
      count++;
    });
    return sum / count;
  };
  const [water, forest, grass, , , building, road] = [0, 1, 2, 3, 4, 5, 6];
  expect(mean(optical, 4, 3, water)).toBeLessThan(mean(optical, 4, 3, road) / 3); // near infrared; radar sees both smooth:
  expect(Math.abs(mean(sar, 2, 0, water) - mean(sar, 2, 0, road))).toBeLessThan(3);
  expect(mean(sar, 2, 0, building)).toBeGreaterThan(mean(sar, 2, 0, road) + 8); // radar; both are the same greys:
  expect(Math.abs(mean(optical, 4, 2, building) - mean(optical, 4, 2, road))).toBeLessThan(0.05);
  expect(mean(dsm, 1, 0, forest)).toBeGreaterThan(mean(dsm, 1, 0, grass) + 5);
});

/**
 * Figures printed with the world's recipe, of a reference implementation: 64 scenes of seed 1. The clouds agree to the digits given, the classes to 0.6
 * points, the size of a few regions.
 */
test('the shares of seed 1 are those of the reference', () => {
  const { labels, cloudMask, cloudDensity, shadowMask } = makeWorld({ seed: 1, count: 64 });
  const percent = (values: ArrayLike<number>, is: (x: number) => boolean): number => 100 * share(values, is);
  expect(percent(cloudMask, (cloud) => cloud === 1)).toBeCloseTo(46.3, 1);
  expect(percent(cloudDensity, (density) => density > 0.8)).toBeCloseTo(13.6, 1);
  expect(percent(shadowMask, (shadow) => shadow === 1)).toBeCloseTo(10.2, 1);
  const underCloud = cloudDensity.filter((density) => density > 0.08);
  expect(underCloud.reduce((sum, density) => sum + density, 0) / underCloud.length).toBeCloseTo(0.59, 2);
  const shares = { 0: 9.3, 1: 18.8, 2: 23.5, 3: 17.3, 4: 8.8, 5: 5.2, 6: 11.8, 255: 5.4 };
  for (const [id, want] of Object.entries(shares))
    expect(Math.abs(percent(labels, (label) => label === Number(id)) - want)).toBeLessThan(0.6);
}, 30_000);

test('names what is wrong', () => {
  expect(() => makeScene(1, 0, 8)).toThrow('makeScene: size must be an integer of at least 16, got 8');
});
