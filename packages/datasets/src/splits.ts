import { stableHash } from './stable-hash.js';

export interface SplitOptions<Split extends string> {
  readonly fractions: Readonly<Record<Split, number>>; // share of each split, in the order in which they are cut; sums to 1
  readonly seed: number;
}

/**
 * Deals scenes to splits: ordered by (stableHash("seed/scene"), then name), cut in the order of `fractions`, sizes by largest remainder with
 * ties to the earlier split. Another scene does not change the order of the others. Each list is sorted by name.
 */
export function sceneSplit<Split extends string>(
  scenes: readonly string[],
  { fractions, seed }: SplitOptions<Split>,
): Record<Split, string[]> {
  const splits = Object.keys(fractions) as Split[];
  const doubled = scenes.find((scene, i) => scenes.indexOf(scene) !== i);
  if (doubled !== undefined) throw new RangeError(`sceneSplit: scene ${doubled} is listed twice`);
  const shares = splits.map((split) => fractions[split]);
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (splits.length === 0 || shares.some((share) => !(share >= 0)) || Math.abs(total - 1) > 1e-9) {
    throw new RangeError(`sceneSplit: fractions must be at least 0 and sum to 1, got ${shares.join(', ')}`);
  }
  const order = scenes
    .map((scene) => ({ scene, hash: stableHash(`${seed}/${scene}`) }))
    .sort((a, b) => a.hash - b.hash || compareCodePoints(a.scene, b.scene));
  const result = {} as Record<Split, string[]>;
  let start = 0;
  largestRemainder(scenes.length, shares).forEach((size, i) => {
    result[splits[i]] = order.slice(start, start + size).map(({ scene }) => scene).sort(compareCodePoints); // prettier-ignore
    start += size;
  });
  return result;
}

/** Splits patches by their scene (`sceneSplit`), so that no scene lies in two splits; patches keep their order. */
export function patchSplit<Split extends string, Patch extends { readonly scene: string }>(
  patches: readonly Patch[],
  options: SplitOptions<Split>,
): Record<Split, Patch[]> {
  const byScene = sceneSplit([...new Set(patches.map(({ scene }) => scene))], options);
  const result = {} as Record<Split, Patch[]>;
  for (const split of Object.keys(byScene) as Split[]) {
    const scenes = new Set(byScene[split]);
    result[split] = patches.filter(({ scene }) => scenes.has(scene));
  }
  return result;
}

/** Order by Unicode code points, the same everywhere (UTF-16 order differs beyond the basic plane, locales differ everywhere). */
export function compareCodePoints(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return (left[i].codePointAt(0) as number) - (right[i].codePointAt(0) as number);
  }
  return left.length - right.length;
}

/** Whole numbers that sum to `total`, near total * share; the largest fractional parts are rounded up first. */
function largestRemainder(total: number, shares: readonly number[]): number[] {
  const exact = shares.map((share) => share * total);
  const sizes = exact.map((value) => Math.floor(value + 1e-9));
  const byRemainder = exact
    .map((value, i) => ({ i, rest: value - sizes[i] }))
    .sort((a, b) => (Math.abs(a.rest - b.rest) < 1e-9 ? a.i - b.i : b.rest - a.rest));
  const left = total - sizes.reduce((sum, size) => sum + size, 0);
  for (const { i } of byRemainder.slice(0, left)) sizes[i]++;
  return sizes;
}
