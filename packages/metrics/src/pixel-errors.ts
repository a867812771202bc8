import { checkDataRange, meanOverImages, readImagePair, type ImagePair, type ImagePairInput } from './image-pair.js';

/** 'perImage' (default): one value an image, then the mean over images; 'pooled': one value for all pixels of the batch. */
export type Reduction = 'perImage' | 'pooled';

/** Sums of one image over its counted pixels and all bands. */
export interface ErrorSums {
  readonly squared: number;
  readonly absolute: number;
  readonly count: number; // C x counted pixels
}

export const meanSquared = ({ squared, count }: ErrorSums): number => squared / count;
export const meanAbsolute = ({ absolute, count }: ErrorSums): number => absolute / count;
export const rootMeanSquared = (sums: ErrorSums): number => Math.sqrt(meanSquared(sums));
export const signalToNoise = (sums: ErrorSums, dataRange: number, cap = Infinity): number => {
  const decibels = 10 * Math.log10(dataRange ** 2 / meanSquared(sums));
  return decibels > cap ? cap : decibels; // NaN stays NaN
};

/** The error sums of each image. */
export function errorSums({ pred, target, mask, batch, height, width, channels }: ImagePair): ErrorSums[] {
  const pixels = height * width;
  return Array.from({ length: batch }, (_, n) => {
    let squared = 0;
    let absolute = 0;
    let counted = 0;
    for (let pixel = n * pixels; pixel < (n + 1) * pixels; pixel++) {
      if (mask && mask[pixel] === 0) continue;
      counted++;
      for (let i = pixel * channels; i < (pixel + 1) * channels; i++) {
        const difference = pred[i] - target[i];
        squared += difference * difference;
        absolute += Math.abs(difference);
      }
    }
    return { squared, absolute, count: counted * channels };
  });
}

/** Mean squared difference of each image, then the mean over images; NaN when no pixel counts. EDC eq. (13). */
export function mse({ reduction, ...images }: ImagePairInput & { readonly reduction?: Reduction }): number {
  return reduced('mse', images, reduction, meanSquared);
}

/** Mean absolute difference of each image, then the mean over images; NaN when no pixel counts. EDC eq. (15). */
export function mae({ reduction, ...images }: ImagePairInput & { readonly reduction?: Reduction }): number {
  return reduced('mae', images, reduction, meanAbsolute);
}

/** Root of each image's mean squared difference, then the mean over images; NaN when no pixel counts. */
export function rmse({ reduction, ...images }: ImagePairInput & { readonly reduction?: Reduction }): number {
  return reduced('rmse', images, reduction, rootMeanSquared);
}

export interface PsnrOptions {
  readonly dataRange: number; // MAX, in the unit of the pixels: 1 for reflectance / 10000
  readonly cap?: number; // dB; limits each image's value (public M3M-CR code: 100); default: none
}

/**
 * Peak signal-to-noise ratio 10 log10(MAX^2 / MSE) of each image, then the mean over images, in dB; +Infinity for equal images
 * unless capped, NaN when no pixel counts. EDC eq. (13).
 */
export function psnr({ dataRange, cap, reduction, ...images }: ImagePairInput & PsnrOptions & { readonly reduction?: Reduction }): number {
  checkDataRange('psnr', dataRange);
  return reduced('psnr', images, reduction, (sums) => signalToNoise(sums, dataRange, cap));
}

function reduced(caller: string, images: ImagePairInput, reduction: Reduction = 'perImage', value: (sums: ErrorSums) => number): number {
  const perImage = errorSums(readImagePair(caller, images));
  if (reduction === 'perImage') return meanOverImages(perImage.map(value));
  if (reduction !== 'pooled') throw new RangeError(`${caller}: reduction must be perImage or pooled, got ${String(reduction)}`);
  return value(
    perImage.reduce((all, one) => ({
      squared: all.squared + one.squared,
      absolute: all.absolute + one.absolute,
      count: all.count + one.count,
    })),
  );
}
