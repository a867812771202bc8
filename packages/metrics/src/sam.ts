import { meanOverImages, readImagePair, type ImagePair, type ImagePairInput } from './image-pair.js';

export interface SamOptions {
  readonly unit?: 'degrees' | 'radians'; // default 'degrees'
  /** Clips both squared norms from below, so that a dark pixel drifts to 90 degrees instead of being left out (public M3M-CR code: 2^-10). */
  readonly minSquaredNorm?: number;
}

/**
 * Spectral angle mapper: the angle arccos(<p,t> / (|p| |t|)) between the spectra of each pixel, mean over the pixels of an image, then
 * over images. A pixel where either spectrum is all zero has no angle and is left out; NaN when no pixel is left. Kruse et al. 1993.
 */
export function sam({ unit, minSquaredNorm, ...images }: ImagePairInput & SamOptions): number {
  return meanOverImages(imageAngles('sam', readImagePair('sam', images), { unit, minSquaredNorm }));
}

/** The mean angle of each image; NaN without any. */
export function imageAngles(
  caller: string,
  { pred, target, mask, batch, height, width, channels }: ImagePair,
  { unit = 'degrees', minSquaredNorm }: SamOptions,
): number[] {
  if (unit !== 'degrees' && unit !== 'radians') throw new RangeError(`${caller}: unit must be degrees or radians, got ${String(unit)}`);
  const pixels = height * width;
  return Array.from({ length: batch }, (_, n) => {
    let sum = 0;
    let count = 0;
    for (let pixel = n * pixels; pixel < (n + 1) * pixels; pixel++) {
      if (mask && mask[pixel] === 0) continue;
      let dot = 0;
      let predSquared = 0;
      let targetSquared = 0;
      for (let i = pixel * channels; i < (pixel + 1) * channels; i++) {
        dot += pred[i] * target[i];
        predSquared += pred[i] * pred[i];
        targetSquared += target[i] * target[i];
      }
      if (minSquaredNorm !== undefined) {
        predSquared = Math.max(predSquared, minSquaredNorm);
        targetSquared = Math.max(targetSquared, minSquaredNorm);
      }
      if (predSquared === 0 || targetSquared === 0) continue;
      const cosine = dot / Math.sqrt(predSquared) / Math.sqrt(targetSquared);
      sum += Math.acos(Math.min(1, Math.max(-1, cosine))); // rounding may leave [-1,1]
      count++;
    }
    return (sum / count) * (unit === 'degrees' ? 180 / Math.PI : 1);
  });
}
