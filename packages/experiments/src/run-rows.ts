import type { JudgedRun } from './claims.js';
import type { FinishedRun } from './finished-run.js';

/** Every row at every place (a seed), one after the other: one model is alive at a time, and an interruption loses at most one run's last steps. */
export async function runRows<Place, Row, E>(
  places: readonly Place[],
  rows: readonly Row[],
  run: (row: Row, place: Place) => Promise<FinishedRun<E>>,
): Promise<FinishedRun<E>[]> {
  const finished: FinishedRun<E>[] = [];
  for (const place of places) {
    for (const row of rows) finished.push(await run(row, place));
  }
  return finished;
}

/** Each row once: several tables may need it. */
export const distinctRows = <Row extends { readonly label: string }>(rows: readonly Row[]): Row[] => [
  ...new Map(rows.map((row) => [row.label, row])).values(),
];

/** A figure of a row in each of its runs, in the order of the runs. */
export function figuresOf<E>(runs: readonly JudgedRun<E>[], label: string, figure: (evaluation: E) => number): number[] {
  return runs.filter((run) => run.label === label).map(({ evaluation }) => figure(evaluation));
}
