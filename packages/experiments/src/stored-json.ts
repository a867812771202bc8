/**
 * A result as JSON text, from which `fromStoredJson` makes the same value: NaN (the score of an absent class) and infinities, which JSON has not,
 * included. Plain objects, arrays, strings, numbers, booleans and null alone.
 *
 * @throws TypeError naming the field that holds a typed array, which would come back as something else
 */
export function toStoredJson(value: unknown): string {
  return JSON.stringify(value, (key: string, part: unknown): unknown => {
    if (ArrayBuffer.isView(part)) throw new TypeError(`${key} is a ${part.constructor.name}, expected a plain array: [...${key}]`);
    return typeof part === 'number' && !Number.isFinite(part) ? { $number: String(part) } : part;
  });
}

/** The value that `toStoredJson` wrote. */
export function fromStoredJson(text: string): unknown {
  return JSON.parse(text, (_key: string, part: unknown): unknown =>
    typeof part === 'object' && part !== null && '$number' in part ? Number(part.$number) : part,
  );
}
