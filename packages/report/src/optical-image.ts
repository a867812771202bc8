import { readImage, type Grid } from './grid.js';
import { paint, type Raster } from './raster.js';
import { brightness, percentileStretch, type Range } from './stretch.js';

export interface FalseColorOptions {
  readonly bands: readonly [red: number, green: number, blue: number]; // which channel is shown as which colour
  readonly stretch?: readonly Range[]; // of the three bands; default: the 2nd to 98th percentile of this image
}

/**
 * An optical image [H,W,C] in chosen bands. Show images that are compared (cloudy, reconstructed, true) with one `stretch`.
 *
 * @throws RangeError when a band does not exist
 */
export function falseColor(image: Grid, { bands, stretch }: FalseColorOptions): Raster {
  const { data, channels, width, height } = readImage('falseColor: image', image);
  const values = { shape: image.shape, data };
  const ranges = stretch ?? percentileStretch(values, { bands });
  if (ranges.length !== 3) throw new RangeError(`falseColor: stretch must have a range for each of the 3 bands, got ${ranges.length}`);
  const wrong = bands.find((band) => !Number.isInteger(band) || band < 0 || band >= channels);
  if (wrong !== undefined) throw new RangeError(`falseColor: bands must lie in 0..${channels - 1}, got ${wrong}`);
  const shown = (pixel: number, color: number): number => brightness(data[pixel * channels + bands[color]], ranges[color]);
  return paint({ width, height }, (pixel) => [shown(pixel, 0), shown(pixel, 1), shown(pixel, 2)]);
}
