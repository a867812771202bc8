import { expect, test } from 'vitest';
import { ConfigError, exitCodeOf, Interrupted, messageOf, UsageError } from '../src/index.js';

test.each([
  ['EngineError', 4],
  ['RasterError', 3],
  ['DatasetError', 3],
  ['WeightsFileError', 3],
  ['TypeError', 1],
])('%s, alone or as a cause, gives exit code %i', (name, code) => {
  const error = Object.assign(new Error('first\n  second'), { name });
  expect(exitCodeOf(error)).toBe(code);
  expect(exitCodeOf(new Error('around it', { cause: error }))).toBe(code);
  expect(messageOf(error)).toBe('first second');
});

test('wrong usage and wrong configs give 2, an interruption 130', () => {
  expect([new UsageError('x'), new ConfigError('x'), new Interrupted('x'), 'no error at all'].map(exitCodeOf)).toEqual([2, 2, 130, 1]);
});
