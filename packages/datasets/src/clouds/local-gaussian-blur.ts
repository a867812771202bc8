import { assertPlanar, type Planar } from '../planar.js';
import { assertSameSize, clip, type Field } from './field.js';

const reach = 5; // pixels: the window is 11 x 11

/**
 * Gaussian blur whose standard deviation differs from pixel to pixel, as light is scattered under a cloud: weights exp(-d^2 / (2 sigma^2 + 1e-8))
 * of the target's sigma over 11 x 11 pixels, edges repeated. Where sigma is 0 the image is unchanged. [C,H,W] -> [C,H,W].
 *
 * @param sigma [H,W] in pixels
 */
export function localGaussianBlur(image: Planar, sigma: Field): Planar<Float32Array> {
  assertPlanar('localGaussianBlur: image', image);
  assertSameSize('localGaussianBlur: sigma', sigma, image);
  const { bands, height, width } = image;
  const data = Float32Array.from(image.data);
  const weights = new Float64Array(2 * reach + 1); // along one axis; the two-dimensional ones are their products
  const columns = new Int32Array(2 * reach + 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const variance = 2 * sigma.data[y * width + x] ** 2 + 1e-8;
      if (Math.exp(-1 / variance) < 1e-12) continue;
      let total = 0;
      for (let d = -reach; d <= reach; d++) {
        weights[d + reach] = Math.exp((-d * d) / variance);
        columns[d + reach] = clip(x + d, 0, width - 1);
        total += weights[d + reach];
      }
      for (let band = 0; band < bands; band++) {
        let sum = 0;
        for (let d = -reach; d <= reach; d++) {
          const row = (band * height + clip(y + d, 0, height - 1)) * width;
          let along = 0;
          for (let k = 0; k < weights.length; k++) along += weights[k] * image.data[row + columns[k]];
          sum += weights[d + reach] * along;
        }
        data[(band * height + y) * width + x] = sum / total ** 2;
      }
    }
  }
  return { data, bands, height, width };
}
