import type { LabelCoding } from '../layouts/description.js';

/**
 * A class list of the seen classes alone, renumbered from 0 in their order; the unseen ones are ignored. For training where the classes of the test are a
 * larger list: `loadSample(sample, { labels: seenLabels(coding, [0, 1, 4, 5]) })`.
 *
 * @param seen class ids
 * @throws RangeError when one is listed twice, or is no class
 */
export function seenLabels({ values, palette, ignoreColors = [] }: LabelCoding, seen: readonly number[]): LabelCoding {
  const classes = new Set<number | 'ignore'>([...Object.values(values), ...(palette ?? []).keys()]);
  const wrong = seen.find((id, i) => seen.indexOf(id) !== i || !classes.has(id));
  if (wrong !== undefined) throw new RangeError(`seenLabels: seen must hold each class once, got ${wrong} in [${seen.join(', ')}]`);
  const renumbered = (id: number | 'ignore'): number | 'ignore' => (id !== 'ignore' && seen.includes(id) ? seen.indexOf(id) : 'ignore');
  return {
    values: Object.fromEntries(Object.entries(values).map(([value, id]) => [value, renumbered(id)])),
    ...(palette && {
      palette: seen.map((id) => palette[id]),
      ignoreColors: [...ignoreColors, ...palette.filter((_, id) => !seen.includes(id))],
    }),
  };
}
