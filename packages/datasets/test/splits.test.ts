import fc from 'fast-check';
import { expect, test } from 'vitest';
import { patchSplit, sceneSplit, stableHash } from '../src/index.js';

const scenes = fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 30 });
const fractions = { train: 0.8, val: 0.1, test: 0.1 };

test('every scene lies in exactly one split, whatever the order they come in', () =>
  fc.assert(
    fc.property(scenes, fc.nat(), (names, seed) => {
      const split = sceneSplit(names, { fractions, seed });
      expect([...split.train, ...split.val, ...split.test].sort()).toEqual([...names].sort());
      expect(sceneSplit([...names].reverse(), { fractions, seed })).toEqual(split);
    }),
    { seed: 1 },
  ));

test('scenes are cut in the order of their hashes, so a further scene moves at most one other across a cut', () =>
  fc.assert(
    fc.property(scenes, fc.nat(), (names, seed) => {
      const halves = (list: readonly string[]) => sceneSplit(list, { fractions: { first: 0.5, second: 0.5 }, seed });
      const { first, second } = halves(names);
      const hashes = (list: readonly string[]): number[] => list.map((name) => stableHash(`${seed}/${name}`));
      expect(Math.max(-1, ...hashes(first))).toBeLessThanOrEqual(Math.min(2 ** 32, ...hashes(second)));
      const larger = halves([...names, 'one more scene']);
      const moved = names.filter((name) => first.includes(name) !== larger.first.includes(name));
      expect(moved.length).toBeLessThanOrEqual(1);
    }),
    { seed: 2 },
  ));

test('sizes follow the fractions by less than one', () =>
  fc.assert(
    fc.property(fc.nat(200), fc.nat(), (count, seed) => {
      const split = sceneSplit(Array.from({ length: count }, (_, i) => `s${i}`), { fractions, seed }); // prettier-ignore
      for (const [name, share] of Object.entries(fractions))
        expect(Math.abs(split[name as 'train'].length - share * count)).toBeLessThan(1);
    }),
    { seed: 3 },
  ));

test('patches follow their scene', () => {
  const patches = Array.from({ length: 40 }, (_, i) => ({ id: `p${i}`, scene: `s${i % 7}` }));
  const { train, test: rest } = patchSplit(patches, { fractions: { train: 0.5, test: 0.5 }, seed: 1 });
  expect(train.length + rest.length).toBe(40);
  const trained = new Set(train.map(({ scene }) => scene));
  expect(rest.some(({ scene }) => trained.has(scene))).toBe(false);
});

test('says what is wrong', () => {
  expect(() => sceneSplit(['a', 'a'], { fractions, seed: 0 })).toThrow('scene a is listed twice');
  expect(() => sceneSplit(['a'], { fractions: { train: 0.5, test: 0.2 }, seed: 0 })).toThrow('sum to 1, got 0.5, 0.2');
});
