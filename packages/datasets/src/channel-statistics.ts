import { assertPlanar, type Planar } from './planar.js';

/** Statistics of each band over all pixels seen. */
export interface BandSummary {
  readonly count: number[];
  readonly mean: number[];
  readonly std: number[]; // of the population
  readonly min: number[];
  readonly max: number[];
}

/**
 * Mean and spread of each band over images that come one after the other, in float64: Welford's update within an image's band, and the pairwise
 * merge of Chan et al. 1983, eq. (2.1), between images. Compute them on the training split only.
 */
export class ChannelStatistics {
  private readonly nodata: number | undefined;
  private bands: { count: number; mean: number; squares: number; min: number; max: number }[] = [];

  /** @param options.nodata a pixel whose bands all equal it is skipped */
  constructor({ nodata }: { readonly nodata?: number } = {}) {
    this.nodata = nodata;
  }

  /** Adds the pixels of an image [C,H,W]. Throws RangeError where C is not that of the images before, or a value is not finite. */
  update(image: Planar): void {
    assertPlanar('ChannelStatistics: image', image);
    if (this.bands.length > 0 && this.bands.length !== image.bands) {
      throw new RangeError(`ChannelStatistics: image must have ${this.bands.length} bands as those before, got ${image.bands}`);
    }
    const pixels = image.height * image.width;
    const skipped = this.skippedPixels(image, pixels);
    this.bands = Array.from({ length: image.bands }, (_, band) => {
      const before = this.bands[band] ?? { count: 0, mean: 0, squares: 0, min: Infinity, max: -Infinity };
      const seen = { count: 0, mean: 0, squares: 0, min: before.min, max: before.max };
      for (let i = 0; i < pixels; i++) {
        if (skipped[i]) continue;
        const x = image.data[band * pixels + i];
        if (!Number.isFinite(x)) throw new RangeError(`ChannelStatistics: ${x} in band ${band}: fill invalid values first`);
        const delta = x - seen.mean;
        seen.mean += delta / ++seen.count;
        seen.squares += delta * (x - seen.mean);
        seen.min = Math.min(seen.min, x);
        seen.max = Math.max(seen.max, x);
      }
      const count = before.count + seen.count;
      const delta = seen.mean - before.mean;
      return {
        count,
        mean: count > 0 ? before.mean + (delta * seen.count) / count : 0,
        squares: before.squares + seen.squares + (count > 0 ? (delta * delta * before.count * seen.count) / count : 0),
        min: seen.min,
        max: seen.max,
      };
    });
  }

  /** The statistics so far. Throws RangeError where no pixel was counted. */
  summary(): BandSummary {
    if (!this.bands.some(({ count }) => count > 0)) throw new RangeError('ChannelStatistics: no valid pixel was seen');
    return {
      count: this.bands.map(({ count }) => count),
      mean: this.bands.map(({ mean }) => mean),
      std: this.bands.map(({ squares, count }) => Math.sqrt(squares / count)),
      min: this.bands.map(({ min }) => min),
      max: this.bands.map(({ max }) => max),
    };
  }

  private skippedPixels(image: Planar, pixels: number): Uint8Array {
    const skipped = new Uint8Array(pixels);
    if (this.nodata === undefined) return skipped;
    skipped.fill(1);
    for (let i = 0; i < image.data.length; i++) if (!Object.is(image.data[i], this.nodata)) skipped[i % pixels] = 0;
    return skipped;
  }
}
