import { ConfigError } from './read-config.js';

/** The user stopped a run; what was reached is in its checkpoint. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The command line asks for what there is not. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const badInput = new Set(['RasterError', 'DatasetError', 'WeightsFileError']);

/** Of the error or the first of its causes that has one: 1 failure, 2 usage, 3 bad input file, 4 no engine, 130 interrupted. */
export function exitCodeOf(error: unknown): number {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Interrupted) return 130;
    if (cause instanceof ConfigError || cause instanceof UsageError) return 2;
    if (cause.name === 'EngineError') return 4;
    if (badInput.has(cause.name)) return 3;
  }
  return 1;
}

/** One line that names what was wrong. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
