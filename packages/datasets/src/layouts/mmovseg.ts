import { ddhrClasses } from './ddhr.js';
import { identityValues, type DatasetDescription, type IndexOptions } from './description.js';
import { openEarthMapSar } from './openearthmap-sar.js';
import { pieClasses, pieColors } from './pie-rgb-sar.js';
import { samplesOfSameName } from './same-names.js';

interface Release {
  readonly name: string;
  readonly splits: readonly string[];
  readonly classes: readonly string[];
  readonly colors?: DatasetDescription['colors'];
  /** Folders of the optical images, the SAR images and the masks. */
  readonly folders: (options: IndexOptions) => { readonly optical: string; readonly sar: string; readonly label: string };
  readonly extension?: string;
}

/**
 * The files released with MM-OVSeg: index PNGs as masks, 255 ignored, grey images read as RGB. Training masks hold the seen classes only,
 * renumbered from 0 in the order of the seen list, so a stored value means a class only together with that list.
 */
function describe({ name, splits, classes, colors, folders, extension = '.png' }: Release): DatasetDescription {
  return {
    name,
    splits,
    classes,
    colors,
    bands: { optical: ['R', 'G', 'B'], sar: ['SAR', 'SAR', 'SAR'] },
    greyAsRgb: true,
    labels: { values: { ...identityValues(classes.length), 255: 'ignore' } },
    index: (folder, options) => {
      const { optical, sar, label } = folders(options);
      return samplesOfSameName(folder, {
        optical: { folder: optical, extensions: [extension] },
        sar: { folder: sar, extensions: [extension] },
        label: { folder: label, extensions: ['.png'] },
      });
    },
  };
}

export const mmovsegPie = describe({
  name: 'mmovseg-pie',
  splits: ['train', 'val'],
  classes: pieClasses,
  colors: pieColors,
  folders: ({ split, track = 'clean' }) => ({
    optical: `${split}/${track === 'cloud' ? 'rgb_clouds' : 'rgb'}`,
    sar: `${split}/sar`,
    label: `${split}/D2masks6`,
  }),
});

export const mmovsegDdsk = describe({
  name: 'mmovseg-ddsk',
  splits: ['train', 'val'],
  classes: ddhrClasses.sk,
  folders: ({ split }) => ({
    optical: `${split}/rgb_clouds`,
    sar: `${split}/sar`,
    label: `${split}/${split === 'train' ? 'D2masks3class' : 'D2masks'}`,
  }),
});

export const mmovsegDdch = describe({
  name: 'mmovseg-ddch',
  splits: ['val'],
  classes: ddhrClasses.ch,
  extension: '.jpg',
  folders: () => ({ optical: 'val/rgb_clouds', sar: 'val/sar', label: 'val/D2masks' }),
});

export const mmovsegOem = describe({
  name: 'mmovseg-oem',
  splits: ['train', 'val'],
  classes: openEarthMapSar.classes,
  colors: openEarthMapSar.colors,
  folders: ({ split, track = 'thick' }) => {
    const clouded = track === 'thin' ? 'rgb_cloud_thin' : 'rgb_cloud';
    if (split === 'train') return { optical: `train/${clouded}`, sar: 'train/imgs', label: 'train/D2masks5class' };
    // the thin validation images lie one folder higher than the thick ones
    return track === 'thin'
      ? { optical: clouded, sar: 'val/imgs', label: 'D2masks' }
      : { optical: `val/${clouded}`, sar: 'val/imgs', label: 'val/D2masks' };
  },
});
