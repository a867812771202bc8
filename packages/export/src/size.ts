/** A size, or one that follows the batch: perBatch * batch + plus. */
export type Size = number | { readonly perBatch: number; readonly plus: number };

/** The size that is `at2` for a batch of 2 and `at3` for one of 3. */
export function sizeOf(at2: number, at3: number): Size {
  return at2 === at3 ? at2 : { perBatch: at3 - at2, plus: 3 * at2 - 2 * at3 };
}

export const isFixed = (size: Size): size is number => typeof size === 'number';

export const sameSize = (a: Size, b: Size): boolean =>
  isFixed(a) || isFixed(b) ? a === b : a.perBatch === b.perBatch && a.plus === b.plus;

export const sameShape = (a: readonly Size[], b: readonly Size[]): boolean =>
  a.length === b.length && a.every((size, i) => sameSize(size, b[i]));

export const plus = (a: Size, b: number): Size => (isFixed(a) ? a + b : { ...a, plus: a.plus + b });

/** Whether a size is that of the batch itself. */
export const isBatch = (size: Size): boolean => !isFixed(size) && size.perBatch === 1 && size.plus === 0;
