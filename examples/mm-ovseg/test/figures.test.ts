import fc from 'fast-check';
import { Random } from '@rs/nn';
import { expect, test } from 'vitest';
import { captionOf } from '../src/captions.js';
import { chanceIoU } from '../src/chance.js';
import { ClassAucs } from '../src/class-aucs.js';
import { harmonicMean } from '../src/evaluate.js';
import { rocAuc } from '../src/roc-auc.js';

const cases = fc.array(fc.record({ score: fc.integer({ min: 0, max: 5 }), positive: fc.integer({ min: 0, max: 1 }) }), {
  minLength: 2,
  maxLength: 30,
});
const scoresOf = (drawn: readonly { score: number }[]): Float32Array => Float32Array.from(drawn, ({ score }) => score);
const positiveOf = (drawn: readonly { positive: number }[]): Uint8Array => Uint8Array.from(drawn, ({ positive }) => positive);

test('the area is the share of pairs in which the positive scores higher, ties counting half', () => {
  fc.assert(
    fc.property(cases, (drawn) => {
      const pairs = drawn
        .filter((one) => one.positive)
        .flatMap((one) => drawn.filter((other) => !other.positive).map((other) => one.score - other.score));
      const expected = pairs.reduce((sum, difference) => sum + (difference > 0 ? 1 : difference === 0 ? 0.5 : 0), 0) / pairs.length;
      const area = rocAuc(scoresOf(drawn), positiveOf(drawn));
      if (pairs.length === 0) expect(area).toBeNaN();
      else expect(area).toBeCloseTo(expected, 10);
    }),
  );
});

test('areas of classes count the pixels that count, over batches', () => {
  const aucs = new ClassAucs(2);
  aucs.update(Float32Array.of(1, 0, 0, 1, 9, 9, 5, 5), [0, 1, 255, 1], [1, 1, 1, 0]); // the third is unlabelled, the fourth does not count
  aucs.update(Float32Array.of(0, 1, 1, 0), [0, 1], [1, 1]);
  expect(aucs.compute()).toEqual([0.5, 0.5]);
});

test('a random guess between two words of equal share has IoU 1/3', () => expect(chanceIoU(0.5, 2)).toBeCloseTo(1 / 3, 12));

test('the harmonic mean of seen and unseen', () => {
  expect(harmonicMean({ seen: 0.2, unseen: 0.3 })).toBeCloseTo(0.24, 12);
  expect(harmonicMean({ seen: 0, unseen: 0 })).toBe(0);
});

test('captions name what covers 8 % of the crop or more, once each', () => {
  const labels = [...Array<number>(60).fill(0), ...Array<number>(35).fill(1), ...Array<number>(5).fill(2)];
  const texts = Array.from({ length: 300 }, (_, seed) => captionOf(labels, ['water', 'forest', 'road'], new Random(seed)));
  const named = texts.map((text) => ['water', 'forest', 'road'].filter((name) => text.includes(name)).join(' and '));
  expect(new Set(named)).toEqual(new Set(['water', 'forest', 'water and forest']));
  expect(texts.filter((text) => / and /.test(text)).length / 300).toBeCloseTo(0.5, 1);
  expect(texts.filter((text) => text.includes('water')).length).toBeGreaterThan(texts.filter((text) => text.includes('forest')).length);
  expect(new Set(texts.map((text) => text.replace(/water|forest| and /g, '')))).toEqual(
    new Set(['A photo of a  in the scene', 'a photo of ', '']),
  );
});

test('a crop without labels has a caption of one class all the same', () => {
  expect(captionOf([255, 255], ['water', 'forest'], new Random(1))).toBeTypeOf('string');
});
