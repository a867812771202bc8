import type { DatasetDescription } from './description.js';
import { samplesOfSameName } from './same-names.js';

/** DFC 2023, one track's folder as root: RGB and SAR of 512 x 512, used without labels. */
export const dfc2023: DatasetDescription = {
  name: 'dfc2023',
  splits: ['train', 'val', 'test'],
  classes: [],
  bands: { optical: ['R', 'G', 'B'], sar: ['SAR'] },
  index: (folder, { split }) => {
    const role = (name: string) => ({ folder: `${split}/${name}`, extensions: ['.tif'] });
    return samplesOfSameName(folder, { optical: role('rgb'), sar: role('sar') });
  },
};
