import { meanAndSpread } from './mean-and-spread.js';

export type Verdict = 'held' | 'not held' | 'within spread' | 'too few runs';

/** Fewest runs that give a verdict. */
export const fewestRuns = 3;

// Student's t, two-sided 95 %, for 1, 2, ... 30 degrees of freedom.
const tQuantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086,
  2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/**
 * Half the width of the 95 % interval of the mean of n >= 2 paired differences, t sd / sqrt(n) with t of n - 1 degrees of freedom (4.30 for three
 * runs, 2.78 for five; from 31 runs on 2.04, a little wide). Undefined for fewer.
 */
export function halfWidth(differences: readonly number[]): number | undefined {
  const { spread } = meanAndSpread(differences);
  const n = differences.length;
  return spread === undefined ? undefined : (tQuantiles[Math.min(n - 1, tQuantiles.length) - 1] * spread) / Math.sqrt(n);
}

/**
 * What paired differences, one a seed, say of a claim that they are positive: 'held' when all are positive and their mean exceeds `halfWidth`;
 * 'not held' when all are negative and it falls short of -`halfWidth`; 'too few runs' under three; else 'within spread'. Negating all differences
 * (swapping the rows) swaps 'held' and 'not held'.
 */
export function verdictOf(differences: readonly number[]): Verdict {
  const noise = halfWidth(differences);
  if (noise === undefined || differences.length < fewestRuns) return 'too few runs';
  const { mean } = meanAndSpread(differences);
  if (Math.abs(mean) <= noise) return 'within spread';
  if (differences.every((difference) => difference > 0)) return 'held';
  if (differences.every((difference) => difference < 0)) return 'not held';
  return 'within spread';
}
