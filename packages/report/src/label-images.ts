import { parseColor } from './color.js';
import { readMap, type Grid } from './grid.js';
import { colorOf, type LegendEntry, type Palette } from './palette.js';
import { paint, type Raster } from './raster.js';

/** A label map [H,W] in the colours of its classes. @throws RangeError on a label that the palette has not */
export function classMap(labels: Grid, palette: Palette): Raster {
  const { data, width, height } = readMap('classMap: labels', labels);
  const color = colorOf(palette);
  return paint({ width, height }, (pixel) => color(data[pixel]));
}

const [clear, cloudy] = [parseColor('#24415f'), parseColor('#f4f6f8')];

/** The swatches of `maskImage` for clouds. */
export const cloudLegend: readonly LegendEntry[] = [
  { name: 'cloudy', color: '#f4f6f8' },
  { name: 'clear', color: '#24415f' },
];

/** A mask [H,W]: light where it is not 0 (cloudy), dark where it is. Shares between 0 and 1 (thickness) lie between. */
export function maskImage(mask: Grid): Raster {
  const { data, width, height } = readMap('maskImage: mask', mask);
  return paint({ width, height }, (pixel) => {
    const share = Math.min(1, Math.max(0, data[pixel]));
    const mixed = (channel: 0 | 1 | 2): number => clear[channel] + share * (cloudy[channel] - clear[channel]);
    return [mixed(0), mixed(1), mixed(2)];
  });
}

/** The swatches of `errorMap`. */
export const errorLegend: readonly LegendEntry[] = [
  { name: 'wrong', color: '#c2006b' },
  { name: 'right', color: '#e6e6e6' },
  { name: 'ignored', color: '#2b2b2b' },
];

/** Where a prediction [H,W] differs from the labels [H,W]; `ignoreIndex` (default 255) marks labels that do not count. */
export function errorMap(prediction: Grid, labels: Grid, { ignoreIndex = 255 }: { readonly ignoreIndex?: number } = {}): Raster {
  const guess = readMap('errorMap: prediction', prediction);
  const truth = readMap('errorMap: labels', labels);
  if (guess.width !== truth.width || guess.height !== truth.height) {
    throw new RangeError(`errorMap: labels must have shape [${prediction.shape}], got [${labels.shape}]`);
  }
  const [wrong, right, ignored] = errorLegend.map(({ color }) => parseColor(color));
  return paint(guess, (pixel) => (truth.data[pixel] === ignoreIndex ? ignored : guess.data[pixel] === truth.data[pixel] ? right : wrong));
}
