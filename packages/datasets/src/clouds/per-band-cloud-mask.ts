import type { Planar } from '../planar.js';
import { bilinearResample } from '../resample.js';
import { clip, type Field } from './field.js';

export interface BandShifts {
  readonly weights: readonly number[]; // of each band
  readonly offsets: readonly (readonly [row: number, column: number])[]; // of each band, in whole pixels
}

/**
 * An opacity for each band [C,H,W], since bands see clouds at different heights and strengths: clip(weight x mask, 0, 1), moved by the offset with
 * wrap-around; the largest offset is cropped on all sides once and the rest resized to H x W, bilinear with aligned corners.
 *
 * @throws RangeError when weights and offsets differ in number or nothing is left after cropping
 */
export function perBandCloudMask(mask: Field, { weights, offsets }: BandShifts): Planar<Float32Array> {
  const { height, width } = mask;
  if (weights.length !== offsets.length || weights.length === 0)
    throw new RangeError(`perBandCloudMask: each band needs a weight and an offset, got ${weights.length} and ${offsets.length}`);
  const margin = Math.max(...offsets.flat().map(Math.abs));
  const [rows, columns] = [height - 2 * margin, width - 2 * margin];
  if (rows < 1 || columns < 1)
    throw new RangeError(`perBandCloudMask: offsets up to ${margin} leave nothing of a mask of ${height} x ${width} pixels`);
  const data = new Float32Array(weights.length * rows * columns);
  let at = 0;
  weights.forEach((weight, band) => {
    const [dy, dx] = offsets[band];
    for (let y = 0; y < rows; y++) {
      const start = (y + margin - dy) * width + margin - dx; // the crop keeps every source inside the image
      for (let x = 0; x < columns; x++) data[at++] = clip(weight * mask.data[start + x], 0, 1);
    }
  });
  const bands = { data, bands: weights.length, height: rows, width: columns };
  return margin === 0 ? bands : bilinearResample(bands, { size: [height, width], alignCorners: true });
}
