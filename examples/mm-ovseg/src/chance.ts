/**
 * IoU of a class under uniform random guessing among T words, from its share p of the pixels:
 *     (p / T) / (p + 1/T - p/T)
 */
export const chanceIoU = (share: number, words: number): number => share / words / (share + 1 / words - share / words);
