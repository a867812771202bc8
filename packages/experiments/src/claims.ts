import type { FinishedRun } from './finished-run.js';
import { verdictOf, type Verdict } from './verdict.js';

/** A figure of a row. */
export interface RowFigure<E> {
  readonly row: string; // label
  readonly figure: (evaluation: E) => number;
}

/** What a paper claims, as "this figure is above that one": of two rows, of one row (cloud-free above cloudy), or of a row and a number (chance). */
export interface Claim<E> {
  readonly text: string; // 'EDC beats EDC* under clouds'
  readonly unit: string; // of the difference: 'mIoU, %'
  readonly above: RowFigure<E>; // the higher side, as claimed: of a figure that is better when lower, the worse row
  readonly below: RowFigure<E> | number;
  readonly paper?: number; // the difference of the printed figures, where there are any
}

/** A claim against runs. */
export interface JudgedClaim {
  readonly text: string;
  readonly unit: string;
  readonly paper: number | null;
  readonly differences: readonly { readonly seed: number; readonly difference: number }[]; // above - below in runs of one seed
  readonly verdict: Verdict;
}

/** What a claim is judged by: a finished run, or figures that were measured beside it. */
export type JudgedRun<E> = Pick<FinishedRun<E>, 'label' | 'seed' | 'evaluation'>;

/** Pairs the runs of each seed that has both sides; a figure that is no number there (the score of an absent class) leaves its seed out. */
export function judge<E>({ text, unit, above, below, paper = undefined }: Claim<E>, runs: readonly JudgedRun<E>[]): JudgedClaim {
  const valueOf = (side: RowFigure<E> | number, seed: number): number => {
    if (typeof side === 'number') return side;
    const run = runs.find(({ label, seed: other }) => label === side.row && other === seed);
    return run ? side.figure(run.evaluation) : NaN;
  };
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const differences = seeds
    .map((seed) => ({ seed, difference: valueOf(above, seed) - valueOf(below, seed) }))
    .filter(({ difference }) => Number.isFinite(difference));
  return { text, unit, paper: paper ?? null, differences, verdict: verdictOf(differences.map(({ difference }) => difference)) };
}
