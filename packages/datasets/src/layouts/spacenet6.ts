import type { DatasetFolder } from './dataset-folder.js';
import type { DatasetDescription, FoundSamples, IndexOptions, SampleEntry } from './description.js';

const area = 'AOI_11_Rotterdam';

/**
 * SpaceNet 6: four SAR polarisations (float32, 0 is no data) and pan-sharpened RGB of 900 x 900, used without labels. Tiles of different
 * flight strips overlap on the ground; the scene is the strip, `<start>_<end>`.
 */
export const spaceNet6: DatasetDescription = {
  name: 'spacenet6',
  splits: ['train', 'test'],
  classes: [],
  bands: { optical: ['R', 'G', 'B'], sar: ['SAR1', 'SAR2', 'SAR3', 'SAR4'] }, // the order of the polarisations is not documented
  index,
};

/** Test tiles have SAR alone. */
async function index(folder: DatasetFolder, { split }: IndexOptions): Promise<FoundSamples> {
  const prefix = `${split === 'train' ? 'SN6_Train' : 'SN6_Test_Public'}_${area}`;
  const keysOf = async (kind: string): Promise<string[]> => {
    const start = `${prefix}_${kind}_`;
    const names = (await folder.names(`${area}/${kind}`)).filter((name) => name.startsWith(start) && name.endsWith('.tif'));
    return names.map((name) => name.slice(start.length, -'.tif'.length));
  };
  const keys = new Set([...(await keysOf('SAR-Intensity')), ...(split === 'train' ? await keysOf('PS-RGB') : [])]);
  const entries: SampleEntry[] = [];
  for (const key of keys) {
    const strip = /^(\d+_\d+)_tile_\d+$/.exec(key)?.[1];
    if (strip === undefined) {
      folder.report(`${area}: the name part ${key} is not <start>_<end>_tile_<n>`);
      continue;
    }
    const need = (role: string, kind: string): Promise<string> => folder.need(key, role, [`${area}/${kind}/${prefix}_${kind}_${key}.tif`]);
    const sar = await need('sar', 'SAR-Intensity');
    entries.push({ id: key, scene: strip, files: split === 'train' ? { sar, optical: await need('optical', 'PS-RGB') } : { sar } });
  }
  return { entries, listed: false };
}
