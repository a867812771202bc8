import type { Random } from '@rs/nn';

/**
 * The colour augmentation of SSD (Liu et al. 2016) in the order of the released code: brightness by up to 32, contrast by 0.5 to 1.5 before or after
 * saturation by 0.5 to 1.5 and hue by up to 36 degrees, each with probability 1/2; values are kept in 0..255.
 *
 * @param pixels R, G, B one after the other, 0..255; changed in place
 */
export function colorJitter(pixels: Float32Array, random: Random): void {
  const half = (): boolean => random.uniform() < 0.5;
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const linear = (gain: number, offset: number): void => pixels.forEach((value, i) => (pixels[i] = bounded(gain * value + offset)));
  const contrast = (): void => {
    if (half()) linear(between(0.5, 1.5), 0);
  };
  if (half()) linear(1, between(-32, 32));
  const contrastFirst = half();
  if (contrastFirst) contrast();
  const saturation = half() ? between(0.5, 1.5) : 1;
  const turn = half() ? between(-36, 36) : 0;
  if (saturation !== 1 || turn !== 0) {
    for (let i = 0; i < pixels.length; i += 3) pixels.set(turned([pixels[i], pixels[i + 1], pixels[i + 2]], saturation, turn), i);
  }
  if (!contrastFirst) contrast();
}

const bounded = (value: number): number => Math.min(255, Math.max(0, value));

type Color = readonly [number, number, number];

/** In hue, saturation and value: the saturation times a factor, at most full; the hue turned by degrees. */
function turned([r, g, b]: Color, factor: number, degrees: number): Color {
  const value = Math.max(r, g, b);
  const chroma = value - Math.min(r, g, b);
  if (chroma === 0) return [r, g, b];
  const sixth = value === r ? (g - b) / chroma : value === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
  const hue = (sixth + degrees / 60 + 12) % 6;
  const colorfulness = Math.min(value, factor * chroma);
  const channel = (n: number): number => {
    const k = (n + hue) % 6;
    return value - colorfulness * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [channel(5), channel(3), channel(1)];
}
