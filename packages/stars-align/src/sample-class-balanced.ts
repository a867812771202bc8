import type { Random } from '@rs/nn';
import { pixelsOfClasses, type LabelValues, type PixelClasses, type PixelSamples } from './pixel-classes.js';

export interface ClassBalance extends PixelClasses {
  readonly perClass?: number; // pixels of each class that is there, over the whole batch; default 32
  readonly shuffle?: boolean; // false: the first pixels in row-major order; default true
}

/**
 * As many pixels of each class that the batch holds, STARS, section 3.3.1: classes in ascending order, each class's pixels shuffled and taken from
 * the front, again and again where there are fewer than perClass. The batch is one pool. Runs on the host.
 *
 * @throws RangeError for a label beyond the class list, naming it
 */
export function sampleClassBalanced(labels: LabelValues, options: ClassBalance, random: Random): PixelSamples {
  const { perClass = 32, shuffle = true } = options;
  if (!Number.isInteger(perClass) || perClass < 1) {
    throw new RangeError(`sampleClassBalanced: perClass must be a positive integer, got ${perClass}`);
  }
  const pixels = pixelsOfClasses('sampleClassBalanced', labels, options);
  const indices = new Int32Array(pixels.length * perClass);
  const classes = new Int32Array(pixels.length * perClass);
  let at = 0;
  for (const { classId, members } of pixels) {
    const chosen = Math.min(perClass, members.length);
    if (shuffle) shuffleFront(members, chosen, random);
    for (let i = 0; i < perClass; i++, at++) {
      indices[at] = members[i % chosen];
      classes[at] = classId;
    }
  }
  return { indices, classes };
}

/** Fisher and Yates's shuffle as far as the first `count` values: each choice and order of them is as likely. */
function shuffleFront(values: Int32Array, count: number, random: Random): void {
  for (let i = 0; i < count; i++) {
    const other = i + random.integer(values.length - i);
    [values[i], values[other]] = [values[other], values[i]];
  }
}
