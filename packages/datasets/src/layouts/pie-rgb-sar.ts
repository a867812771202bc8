import type { Color } from '../color-labels.js';
import { identityValues, type DatasetDescription } from './description.js';
import { samplesOfList } from './same-names.js';

export const pieClasses = ['background', 'city', 'road', 'water', 'forest', 'farmland'];
export const pieColors: readonly Color[] = [[128, 128, 128], [235, 51, 36], [255, 253, 85], [66, 236, 245], [56, 168, 0], [168, 112, 0]]; // prettier-ignore

/** PIE-RGB-SAR: pairs of 256 x 256; `train.txt` and `val.txt` list the names. */
export const pieRgbSar: DatasetDescription = {
  name: 'pie-rgb-sar',
  splits: ['train', 'val'],
  classes: pieClasses,
  colors: pieColors,
  bands: { optical: ['R', 'G', 'B'], sar: ['SAR'] },
  labels: { values: { ...identityValues(pieClasses.length), 255: 'ignore' }, palette: pieColors },
  index: (folder, { split, list }) => {
    const role = (name: string) => ({ folder: name, extensions: ['.tif'] });
    return samplesOfList(folder, list ?? `${split}.txt`, { optical: role('rgb'), sar: role('sar'), label: role('label') });
  },
};
