import type { HostArray } from './host-array.js';
import { readImagePair, checkDataRange, meanOverImages } from './image-pair.js';
import { errorSums, meanAbsolute, rootMeanSquared, signalToNoise, type PsnrOptions } from './pixel-errors.js';
import { imageAngles, type SamOptions } from './sam.js';
import { imageSimilarities, type SsimOptions } from './ssim.js';

export type ImageQualityOptions = PsnrOptions & SsimOptions & SamOptions;

/** Means of per-image values over all images seen; NaN without any. */
export interface ImageQuality {
  readonly psnr: number; // dB
  readonly ssim: number;
  readonly mae: number;
  readonly rmse: number;
  readonly sam: number; // degrees unless the unit says otherwise
  readonly count: number; // images with at least one counted pixel
}

/** PSNR, SSIM, MAE, RMSE and SAM over batches: unequal batch sizes change nothing. EDC Tab. II. */
export class ImageQualityAccumulator {
  readonly #options: ImageQualityOptions;
  #values = { psnr: [] as number[], ssim: [] as number[], mae: [] as number[], rmse: [] as number[], sam: [] as number[] };

  constructor(options: ImageQualityOptions) {
    checkDataRange('ImageQualityAccumulator', options.dataRange);
    this.#options = options;
  }

  /**
   * Adds a batch of images [N,H,W,C]; one that throws changes nothing. With a mask [N,H,W], SSIM takes the windows whose centre counts.
   *
   * @throws RangeError on shapes that differ, sides shorter than 11 pixels, NaN or infinite pixels
   */
  update(pred: HostArray, target: HostArray, mask?: HostArray): void {
    const caller = 'ImageQualityAccumulator.update';
    const pair = readImagePair(caller, { pred, target, mask });
    const similarities = imageSimilarities(caller, pair, this.#options);
    const angles = imageAngles(caller, pair, this.#options);
    const sums = errorSums(pair);
    this.#values.psnr.push(...sums.map((image) => signalToNoise(image, this.#options.dataRange, this.#options.cap)));
    this.#values.ssim.push(...similarities);
    this.#values.mae.push(...sums.map(meanAbsolute));
    this.#values.rmse.push(...sums.map(rootMeanSquared));
    this.#values.sam.push(...angles);
  }

  /** Adds the images another accumulator has seen, after one's own. */
  merge(other: ImageQualityAccumulator): void {
    for (const name of names) this.#values[name].push(...other.#values[name]);
  }

  compute(): ImageQuality {
    const { psnr, ssim, mae, rmse, sam } = this.#values;
    return {
      psnr: meanOverImages(psnr),
      ssim: meanOverImages(ssim),
      mae: meanOverImages(mae),
      rmse: meanOverImages(rmse),
      sam: meanOverImages(sam),
      count: mae.filter((value) => !Number.isNaN(value)).length,
    };
  }

  reset(): void {
    this.#values = { psnr: [], ssim: [], mae: [], rmse: [], sam: [] };
  }
}

const names = ['psnr', 'ssim', 'mae', 'rmse', 'sam'] as const;
