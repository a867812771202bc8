import type { FinishedRun } from './finished-run.js';

/** Every row of every seed, one after the other: one model is alive at a time, and an interruption loses at most one run's last steps. */
export async function runRows<Row, E>(
  seeds: readonly number[],
  rows: readonly Row[],
  run: (row: Row, seed: number) => Promise<FinishedRun<E>>,
): Promise<FinishedRun<E>[]> {
  const finished: FinishedRun<E>[] = [];
  for (const seed of seeds) {
    for (const row of rows) finished.push(await run(row, seed));
  }
  return finished;
}

/** A figure of a row in each of its runs, in the order of the runs. */
export function figuresOf<E>(runs: readonly FinishedRun<E>[], label: string, figure: (evaluation: E) => number): number[] {
  return runs.filter((run) => run.label === label).map(({ evaluation }) => figure(evaluation));
}
