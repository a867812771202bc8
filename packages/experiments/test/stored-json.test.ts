import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromStoredJson, toStoredJson } from '../src/stored-json.js';

const number = fc.double().map((value) => value + 0); // no -0, which JSON writes as 0
const figures = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, number, fc.string(), fc.boolean(), fc.constant(null), fc.array(tie('value')), tie('record')),
  record: fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => !['$number', '__proto__'].includes(key)),
    tie('value'),
    {
      noNullPrototype: true,
    },
  ),
}));

test('gives back what was written, NaN and infinities included', () => {
  fc.assert(
    fc.property(figures.value, (value) => {
      expect(fromStoredJson(toStoredJson(value))).toEqual(value);
    }),
    { seed: 1 },
  );
});

test('refuses a typed array by name', () => {
  expect(() => toStoredJson({ perClassIoU: new Float64Array(2) })).toThrow('perClassIoU is a Float64Array, expected a plain array');
});
