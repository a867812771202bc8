import { pixelsOfClasses, type LabelValues, type PixelClasses, type PixelSamples } from './pixel-classes.js';

/**
 * Every pixel of every class once, in row-major order: what STARS, table 7, calls no sampling.
 *
 * @throws RangeError for a label beyond the class list, naming it
 */
export function samplePixelsAll(labels: LabelValues, options: PixelClasses): PixelSamples {
  const pixels = pixelsOfClasses('samplePixelsAll', labels, options);
  const count = pixels.reduce((sum, { members }) => sum + members.length, 0);
  const indices = new Int32Array(count);
  let at = 0;
  for (const { members } of pixels) {
    indices.set(members, at);
    at += members.length;
  }
  indices.sort();
  return { indices, classes: Int32Array.from(indices, (index) => labels[index]) };
}
