import { UsageError } from './exit-codes.js';

/** What is wrong with a choice of tables or figures: it names the first that is not among those that there are. */
export function unknownNumber(kind: 'table' | 'figure', chosen: readonly number[], known: readonly number[]): string | undefined {
  const unknown = chosen.find((number) => !known.includes(number));
  return unknown === undefined ? undefined : `there is no ${kind} ${unknown}; there are ${known.join(', ')}`;
}

/** @throws UsageError naming the first of `chosen` that is not among those that there are */
export function checkChosen(kind: 'table' | 'figure', chosen: readonly number[], known: readonly number[]): void {
  const problem = unknownNumber(kind, chosen, known);
  if (problem !== undefined) throw new UsageError(problem);
}
