import type { Random } from '@rs/nn';

const templates = ['A photo of a {} in the scene', 'a photo of {}', '{}'];
const leastShare = 0.08; // of the area: what is smaller goes unmentioned

/**
 * What a caption of a crop says: one class, or with probability 1/2 two joined by "and", drawn by the root of their share of the area, in one of
 * three templates. What web-scale captions know of an image is imitated so: words and roughly how much of each, never where.
 *
 * @param labels class ids of the crop's pixels, 255 unknown
 */
export function captionOf(labels: ArrayLike<number> & Iterable<number>, classes: readonly string[], random: Random): string {
  const shares = classes.map(() => 0);
  for (const label of labels) if (label < classes.length) shares[label] += 1 / labels.length;
  const largest = shares.indexOf(Math.max(...shares));
  const mentioned = shares.map((share, id) => (share >= leastShare || id === largest ? Math.sqrt(share) : 0));
  const words = [draw(mentioned, random)];
  if (random.uniform() < 0.5) words.push(draw(mentioned.map((weight, id) => (id === words[0] ? 0 : weight)), random)); // prettier-ignore
  const named = words.filter((id) => id >= 0).map((id) => classes[id]);
  return templates[random.integer(templates.length)].replaceAll('{}', named.join(' and '));
}

/** An index by weight, -1 when all weights are 0. */
function draw(weights: readonly number[], random: Random): number {
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  return weights.findIndex((weight) => weight > 0 && (left -= weight) <= 0);
}
