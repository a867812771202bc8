import { checkDataRange, meanOverImages, readImagePair, type ImagePair, type ImagePairInput } from './image-pair.js';

const size = 11; // pixels of the window's side
const radius = 5;
const sigma = 1.5; // pixels

export interface SsimOptions {
  readonly dataRange: number; // MAX, in the unit of the pixels: 1 for reflectance / 10000
  /**
   * 'valid' (default): windows that lie inside, as scikit-image. 'reflect': reflected without repeating the edge, as torchmetrics.
   * 'zero': zeros outside; with `windowCenter` 5.5 as the public M3M-CR baseline code (Align-CR, GLF-CR).
   */
  readonly padding?: 'valid' | 'reflect' | 'zero';
  readonly windowCenter?: number; // where in 0..10 the Gaussian peaks; default 5
  readonly sampleCovariance?: boolean; // variances and covariance times 121/120, scikit-image's default; default false
}

/**
 * Structural similarity, Wang et al. 2004, eq. (13), in EDC eq. (14): the mean over windows, bands and images of
 *
 *     (2 m_x m_y + c1) (2 s_xy + c2) / ((m_x^2 + m_y^2 + c1) (s_x^2 + s_y^2 + c2)),   c1 = (0.01 MAX)^2, c2 = (0.03 MAX)^2
 *
 * with means, variances and covariance weighted by a Gaussian window of 11 x 11 pixels, sigma 1.5. With a mask, the windows whose
 * centre counts; NaN when there is none.
 *
 * @throws RangeError when a side is shorter than 11 pixels
 */
export function ssim({ dataRange, padding, windowCenter, sampleCovariance, ...images }: ImagePairInput & SsimOptions): number {
  const pair = readImagePair('ssim', images);
  return meanOverImages(imageSimilarities('ssim', pair, { dataRange, padding, windowCenter, sampleCovariance }));
}

/** The similarity of each image; NaN when the mask leaves none of its windows. */
export function imageSimilarities(caller: string, pair: ImagePair, options: SsimOptions): number[] {
  const { padding = 'valid', windowCenter = radius } = options;
  checkDataRange(caller, options.dataRange);
  if (!['valid', 'reflect', 'zero'].includes(padding)) {
    throw new RangeError(`${caller}: padding must be valid, reflect or zero, got ${String(padding)}`);
  }
  const { height, width } = pair;
  if (height < size || width < size) {
    throw new RangeError(`${caller}: images must be at least ${size} x ${size} pixels, got ${height} x ${width}`);
  }
  const window = gaussian(windowCenter);
  const rows = sources(height, padding);
  const columns = sources(width, padding);
  return Array.from({ length: pair.batch }, (_, n) => imageSimilarity(pair, n, { ...options, padding }, window, rows, columns));
}

/** Weights of the window along one axis, sum 1. */
function gaussian(center: number): Float64Array {
  const weights = Float64Array.from({ length: size }, (_, i) => Math.exp(-((i - center) ** 2) / (2 * sigma ** 2)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** For each padded position along an axis the position it is read from; -1 is a zero. */
function sources(length: number, padding: 'valid' | 'reflect' | 'zero'): Int32Array {
  const pad = padding === 'valid' ? 0 : radius;
  return Int32Array.from({ length: length + 2 * pad }, (_, i) => {
    const at = i - pad;
    if (at >= 0 && at < length) return at;
    if (padding === 'zero') return -1;
    return at < 0 ? -at : 2 * (length - 1) - at;
  });
}

/**
 * One image. The window is separable: each padded row is filtered along x once, and kept in a ring of 11 rows from which the windows
 * of one output row are summed along y. All bands go together, interleaved as they lie.
 */
function imageSimilarity(
  { pred, target, mask, height, width, channels }: ImagePair,
  n: number,
  { dataRange, padding, sampleCovariance = false }: SsimOptions,
  window: Float64Array,
  rows: Int32Array,
  columns: Int32Array,
): number {
  const c1 = (0.01 * dataRange) ** 2;
  const c2 = (0.03 * dataRange) ** 2;
  const correction = sampleCovariance ? size ** 2 / (size ** 2 - 1) : 1;
  const outWidth = columns.length - size + 1;
  const offset = padding === 'valid' ? radius : 0; // of the window's centre in the image, at output position 0
  const line = outWidth * channels;
  const moments = 5; // x, y, x^2, y^2, xy
  const ring = Array.from({ length: size }, () => new Float64Array(moments * line));
  const row = new Float64Array(moments * columns.length * channels);
  const filtered = new Float64Array(moments * line);
  let sum = 0;
  let count = 0;
  rows.forEach((source, r) => {
    readRow(row, pred, target, source < 0 ? -1 : (n * height + source) * width * channels, columns, channels);
    filterRow(ring[r % size], row, window, line, channels);
    const out = r - size + 1;
    if (out < 0) return;
    filtered.fill(0);
    for (let k = 0; k < size; k++) {
      const from = ring[(out + k) % size];
      const weight = window[k];
      for (let i = 0; i < filtered.length; i++) filtered[i] += weight * from[i];
    }
    for (let x = 0; x < outWidth; x++) {
      if (mask && mask[(n * height + out + offset) * width + x + offset] === 0) continue;
      for (let i = x * channels; i < (x + 1) * channels; i++) {
        const meanX = filtered[i];
        const meanY = filtered[line + i];
        const varianceX = correction * (filtered[2 * line + i] - meanX * meanX);
        const varianceY = correction * (filtered[3 * line + i] - meanY * meanY);
        const covariance = correction * (filtered[4 * line + i] - meanX * meanY);
        sum += ((2 * meanX * meanY + c1) * (2 * covariance + c2)) / ((meanX * meanX + meanY * meanY + c1) * (varianceX + varianceY + c2));
        count++;
      }
    }
  });
  return sum / count;
}

/** Writes x, y, x^2, y^2 and xy of one padded row, one after the other; `start` is where the image row starts, -1 for a row of zeros. */
function readRow(
  row: Float64Array,
  pred: ImagePair['pred'],
  target: ImagePair['target'],
  start: number,
  columns: Int32Array,
  channels: number,
): void {
  const length = columns.length * channels;
  for (let column = 0; column < columns.length; column++) {
    const zero = start < 0 || columns[column] < 0;
    const from = start + columns[column] * channels;
    for (let c = 0; c < channels; c++) {
      const x = zero ? 0 : pred[from + c];
      const y = zero ? 0 : target[from + c];
      const to = column * channels + c;
      row[to] = x;
      row[length + to] = y;
      row[2 * length + to] = x * x;
      row[3 * length + to] = y * y;
      row[4 * length + to] = x * y;
    }
  }
}

function filterRow(into: Float64Array, row: Float64Array, window: Float64Array, line: number, channels: number): void {
  const length = line + (size - 1) * channels; // of one moment in `row`
  for (let moment = 0; moment * line < into.length; moment++) {
    for (let i = 0; i < line; i++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += window[k] * row[moment * length + i + k * channels];
      into[moment * line + i] = sum;
    }
  }
}
