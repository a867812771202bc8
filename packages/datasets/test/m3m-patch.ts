import { put } from './temporary-folder.js';
import { drawn } from './random-image.js';
import { tinyTiff, type TinyTiff } from './tiff-file.js';

export interface PatchFiles {
  readonly cloudFree: string;
  readonly cloudy: string;
  readonly sar: string;
  readonly label: string;
  readonly cloudMask: string;
}

/** Names of the five files of an M3M-CR patch, relative to the split's folder. */
export function patchFiles(region: string, patch: number): PatchFiles {
  const season = region.split('_')[0];
  const file = (kind: string, extension: string): string => `${kind}_${season}/${kind}_${region}/${kind}_${region}_p_${patch}.${extension}`;
  return {
    cloudFree: file('planet_cloudfree', 'tif'),
    cloudy: file('planet_cloudy', 'tif'),
    sar: file('S1', 'tif'),
    label: file('landcover', 'tif'),
    cloudMask: file('cloudmask', 'npy'),
  };
}

export interface PatchChanges {
  readonly optical?: Partial<TinyTiff>;
  readonly sar?: Partial<TinyTiff>;
  readonly label?: Partial<TinyTiff>;
  readonly maskShape?: readonly [number, number];
}

export const side = 40; // optical pixels of a patch at 3 m; 12 at 10 m

/** Writes a small M3M-CR patch with random pixels below `<root>/<split>`; origins differ by 2 m as in the real data. */
export function writePatch(root: string, split: string, region: string, patch: number, changes: PatchChanges = {}): PatchFiles {
  const files = patchFiles(region, patch);
  const fine = side;
  const coarse = (side * 3) / 10;
  const optical = (seed: number): Buffer =>
    tinyTiff({
      pixels: Array.from({ length: 4 * fine * fine }, (_, i) => 1 + drawn(seed + patch, i, 9000)),
      bands: 4,
      height: fine,
      width: fine,
      dtype: 'uint16',
      nodata: '0',
      epsg: 32646,
      origin: [760299, 1898412, 3],
      block: { kind: 'strip', width: fine, height: 3 },
      ...changes.optical,
    });
  const codes = [10, 20, 30, 40, 50, 60, 80];
  put(root, `${split}/${files.cloudFree}`, optical(1));
  put(root, `${split}/${files.cloudy}`, optical(2));
  put(
    root,
    `${split}/${files.sar}`,
    tinyTiff({
      pixels: Array.from({ length: 2 * coarse * coarse }, (_, i) => -drawn(3 + patch, i, 3000) / 100),
      bands: 2,
      height: coarse,
      width: coarse,
      dtype: 'float64',
      epsg: 32646,
      origin: [760300, 1898410, 10],
      ...changes.sar,
    }),
  );
  put(
    root,
    `${split}/${files.label}`,
    tinyTiff({
      pixels: Array.from({ length: coarse * coarse }, (_, i) => codes[drawn(4 + patch, i, codes.length)]),
      bands: 1,
      height: coarse,
      width: coarse,
      epsg: 32646,
      origin: [760300, 1898410, 10],
      ...changes.label,
    }),
  );
  const [rows, columns] = changes.maskShape ?? [fine, fine];
  const header = `{'descr': '|b1', 'fortran_order': False, 'shape': (${rows}, ${columns}), }\n`;
  const head = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  head.writeUInt16LE(header.length, 8);
  const mask = Buffer.from(Array.from({ length: rows * columns }, (_, i) => drawn(5 + patch, i, 2)));
  put(root, `${split}/${files.cloudMask}`, Buffer.concat([head, Buffer.from(header), mask]));
  return files;
}
