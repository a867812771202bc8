/** Labels of a stage's grid in row-major order, (n H + y) W + x: `downsampleLabels(...).dataSync()`. */
export type LabelValues = ArrayLike<number>;

export interface PixelClasses {
  readonly numClasses: number; // labels are 0 .. numClasses-1 or ignoreIndex
  readonly ignoreIndex?: number; // default 255
  readonly excludeClasses?: readonly number[]; // classes that are not sampled, such as a background; default none
}

/** Chosen pixels: where they are among the labels, and their classes. */
export interface PixelSamples {
  readonly indices: Int32Array<ArrayBuffer>;
  readonly classes: Int32Array<ArrayBuffer>;
}

export interface ClassPixels {
  readonly classId: number;
  readonly members: Int32Array; // ascending indices, at least one
}

/** The pixels of each class that is there and counts, by a counting sort. */
export function pixelsOfClasses(
  name: string,
  labels: LabelValues,
  { numClasses, ignoreIndex = 255, excludeClasses = [] }: PixelClasses,
): ClassPixels[] {
  for (const excluded of excludeClasses) {
    if (!Number.isInteger(excluded) || excluded < 0 || excluded >= numClasses) {
      throw new RangeError(`${name}: excludeClasses must lie in 0..${numClasses - 1}, got [${excludeClasses}]`);
    }
  }
  const counts = new Int32Array(numClasses);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (label === ignoreIndex) continue;
    if (!(label >= 0 && label < numClasses && Number.isInteger(label))) {
      throw new RangeError(`${name}: labels must be 0..${numClasses - 1} or ${ignoreIndex} (ignored), got ${label} at pixel ${i}`);
    }
    counts[label]++;
  }
  const counted = Array.from(counts.keys(), (classId) => classId !== ignoreIndex && !excludeClasses.includes(classId));
  const members = Array.from(counts, (count, classId) => new Int32Array(counted[classId] ? count : 0));
  const filled = new Int32Array(numClasses);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (counted[label]) members[label][filled[label]++] = i;
  }
  return members.flatMap((pixels, classId) => (pixels.length > 0 ? [{ classId, members: pixels }] : []));
}
