import { readImage, type Grid } from './grid.js';
import { paint, type Raster } from './raster.js';
import { brightness, percentileStretch, type Range } from './stretch.js';

export interface SarOptions {
  readonly channel?: number; // default 0: VV
  readonly unit?: 'dB' | 'linear'; // of the values; linear backscatter is turned into dB; default 'dB'
  readonly range?: Range; // dB; default: the 2nd to 98th percentile of this image
}

/** One polarisation of a radar image [H,W,C] in grey, in decibels. @throws RangeError when the channel does not exist */
export function sarImage(image: Grid, { channel = 0, unit = 'dB', range }: SarOptions = {}): Raster {
  const { data, channels, width, height } = readImage('sarImage: image', image);
  const decibels = Float64Array.from({ length: width * height }, (_, pixel) => {
    const value = data[pixel * channels + channel];
    return unit === 'dB' ? value : 10 * Math.log10(value); // 0 is -Infinity: dark
  });
  if (!Number.isInteger(channel) || channel < 0 || channel >= channels) {
    throw new RangeError(`sarImage: channel must lie in 0..${channels - 1}, got ${channel}`);
  }
  const [shown] = range ? [range] : percentileStretch({ shape: [height, width, 1], data: decibels }, { bands: [0] });
  return paint({ width, height }, (pixel) => {
    const grey = brightness(decibels[pixel], shown);
    return [grey, grey, grey];
  });
}
