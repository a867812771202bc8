/** Throws unless `value` is one of `allowed`: options come from configuration files too, which no compiler has seen. */
export function assertOneOf<T extends string>(argument: string, value: T, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  throw new RangeError(`${argument} must be one of ${allowed.join(', ')}, got ${JSON.stringify(value)}`);
}
