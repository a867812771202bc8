import type { DatasetDescription } from './description.js';
import { samplesOfSameName } from './same-names.js';

/** OpenEarthMap-SAR (DFC 2025, track 1): RGB and SAR of 1024 x 1024. A stored value is the class id plus one, 0 is unknown. */
export const openEarthMapSar: DatasetDescription = {
  name: 'oem-sar',
  splits: ['train', 'val', 'test'],
  classes: ['bareland', 'rangeland', 'developed space', 'road', 'tree', 'water', 'agriculture', 'building'],
  colors: [[128, 0, 0], [0, 255, 36], [148, 148, 148], [255, 255, 255], [34, 97, 38], [0, 69, 255], [75, 181, 73], [222, 31, 7]],
  bands: { optical: ['R', 'G', 'B'], sar: ['SAR'] },
  labels: { values: { 0: 'ignore', 1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7 } },
  index: (folder, { split }) => {
    const role = (name: string) => ({ folder: `${split}/${name}`, extensions: ['.tif'] });
    return samplesOfSameName(folder, { optical: role('rgb_images'), sar: role('sar_images'), label: role('labels') });
  },
}; // prettier-ignore
