import { availableParallelism } from 'node:os';

/**
 * The number of threads one operation may use: `asked`, else RS_THREADS, else TF_NUM_INTRAOP_THREADS, else one a processor.
 *
 * @throws RangeError when a number was given that is not a positive integer
 */
export function threadCount(asked: number | undefined, environment: NodeJS.ProcessEnv): number {
  const given: [string, string | number | undefined][] = [
    ['threads', asked],
    ['RS_THREADS', environment.RS_THREADS],
    ['TF_NUM_INTRAOP_THREADS', environment.TF_NUM_INTRAOP_THREADS],
  ];
  for (const [source, value] of given) {
    if (value === undefined || value === '') continue;
    const count = Number(value);
    if (Number.isInteger(count) && count > 0) return count;
    throw new RangeError(`${source} must be a positive integer, got '${value}'`);
  }
  return availableParallelism();
}
