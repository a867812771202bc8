import type { Color } from '../color-labels.js';
import { identityValues, type DatasetDescription } from './description.js';
import { samplesOfList } from './same-names.js';

/** Class ids differ between the two subsets: compare classes by name. */
export const ddhrClasses = {
  sk: ['city', 'road', 'forest', 'water', 'farmland'],
  ch: ['city', 'road', 'farmland', 'forest', 'water'],
} as const;

const colorOf: Readonly<Record<string, Color>> = {
  city: [255, 0, 0],
  road: [0, 0, 255],
  forest: [255, 255, 0],
  water: [255, 0, 255],
  farmland: [0, 255, 0],
};

/** DDHR: clouded GF-2 RGB and GF-3 SAR of 256 x 256, JPEG. */
function describe(name: string, classes: readonly string[]): DatasetDescription {
  const colors = classes.map((label) => colorOf[label]);
  return {
    name,
    splits: ['train', 'val', 'test'],
    classes,
    colors,
    bands: { optical: ['R', 'G', 'B'], sar: ['SAR', 'SAR', 'SAR'] },
    greyAsRgb: true,
    labels: { values: { ...identityValues(classes.length), 255: 'ignore' }, palette: colors },
    index: (folder, { split, list }) => {
      const role = (where: string, extension: string) => ({ folder: where, extensions: [extension] });
      return samplesOfList(folder, list ?? `${split}.txt`, {
        optical: role('GF2', '.jpg'),
        sar: role('GF3', '.jpg'),
        label: role('label', '.png'),
      });
    },
  };
}

/** Pohang, South Korea: the subset for training. */
export const ddhr = describe('ddhr', ddhrClasses.sk);
/** Xi'an, China: test only. */
export const ddhrCh = describe('ddhr-ch', ddhrClasses.ch);
