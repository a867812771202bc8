import { expect, test } from 'vitest';
import { classNames, type OvsegDataset } from '../src/index.js';

const datasets: OvsegDataset[] = [
  'pie-rgb-sar',
  'ddhr',
  'ddhr-ch',
  'oem-sar',
  'mmovseg-pie',
  'mmovseg-ddsk',
  'mmovseg-ddch',
  'mmovseg-oem',
];

test('label orders of the paper, spelled as released or clean', () => {
  expect(classNames('oem-sar', { part: 'test' })).toEqual({
    names: ['bareland', 'rangeland', 'developedspace', 'road', 'tree', 'water', 'agricultureland', 'building'],
    unseen: [false, false, false, true, false, true, false, true],
  });
  expect(classNames('pie-rgb-sar', { part: 'train', spelling: 'clean' }).names).toEqual(['background', 'city', 'forest', 'farmland']);
  expect(classNames('oem-sar', { part: 'train', spelling: 'clean' }).names.filter((name) => name.includes(' '))).toEqual([
    'developed space',
    'agricultural land',
  ]);
  expect(classNames('ddhr', { part: 'test' }).names).toEqual(['city', 'road', 'forest', 'water', 'farmland']);
  expect(classNames('ddhr-ch', { part: 'test' }).names).toEqual(['city', 'road', 'farmland', 'forest', 'water']);
  expect(classNames('ddhr-ch', { part: 'train' })).toEqual(classNames('ddhr', { part: 'train' }));
});

test.each(datasets)('%s: training has exactly the classes that are not unseen', (dataset) => {
  const [train, test] = [classNames(dataset, { part: 'train' }), classNames(dataset, { part: 'test' })];
  expect(new Set(train.names)).toEqual(new Set(test.names.filter((_, i) => !test.unseen[i])));
  expect(train.unseen).toEqual(train.names.map(() => false));
  expect(test.unseen.filter(Boolean).length).toBeGreaterThanOrEqual(2);
});

test('names the data sets there are', () => {
  expect(() => classNames('loveda' as OvsegDataset, { part: 'test' })).toThrow(
    'classNames: dataset must be one of pie-rgb-sar, ddhr, ddhr-ch, oem-sar, mmovseg-pie, mmovseg-ddsk, mmovseg-ddch, mmovseg-oem, got "loveda"',
  );
});
