/** Throws unless the taps are indices of an encoder's blocks, ascending. */
export function checkTaps(owner: string, taps: readonly number[], depth: number): void {
  const valid = taps.every((tap, i) => Number.isInteger(tap) && tap >= 0 && tap < depth && (i === 0 || tap > taps[i - 1]));
  if (!valid) throw new RangeError(`${owner}: taps must be ascending indices of ${depth} blocks, got [${taps}]`);
}
