import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Progress } from '../src/progress.js';

/** What a run of `steps` steps from `start` writes. */
function written(options: { steps: number; start?: number; quiet?: boolean; tty?: boolean; note?: string }): string {
  const { steps, start = 0, quiet = false, tty = false, note } = options;
  const stream = Object.assign(new PassThrough(), {
    isTTY: tty,
    columns: 80,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  });
  const progress = new Progress({ label: 'student', steps, start, quiet, stream });
  if (note) progress.note(note);
  for (let step = start + 1; step <= steps; step++) progress.update({ step, loss: 1 / step, samples: 8 * (step - start) });
  progress.stop();
  return String(stream.read() ?? '');
}

test('without a terminal about ten lines, the last at the end', () => {
  const lines = written({ steps: 200 }).trimEnd().split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[4]).toMatch(/^student 100\/200 \| loss 0\.01000 \| [\d.e+]+ samples\/s \| \d\d:\d\d left$/);
  expect(lines[9]).toMatch(/^student 200\/200 .* 00:00 left$/);
  expect(written({ steps: 3 }).trimEnd().split('\n')).toHaveLength(3);
});

test('on a terminal a bar, and messages between it', () => {
  const text = written({ steps: 4, start: 2, tty: true, note: 'goes on from a file' });
  expect(text).toContain('student: goes on from a file\n');
  expect(text).toMatch(/2\/4 \| loss -/);
  expect(text).not.toContain('student 4/4 |');
});

test('nothing when quiet', () => {
  expect(written({ steps: 20, quiet: true, note: 'x' })).toBe('');
  expect(written({ steps: 20, quiet: true, tty: true, note: 'x' })).toBe('');
});

test('the step that records the graphs is told, and left out of speed and time left', async () => {
  const stream = new PassThrough();
  const progress = new Progress({ label: 'student', steps: 3, start: 0, quiet: false, stream });
  await new Promise((resolve) => setTimeout(resolve, 300));
  progress.recorded({ step: 1, loss: 1, samples: 8 });
  progress.update({ step: 2, loss: 1, samples: 16 });
  const [first, second] = String(stream.read()).split('\n');
  expect(first).toMatch(/^student: the first step took 0\.\d s, for its graphs were recorded/);
  expect(Number(/([\d.e+]+) samples/.exec(second)?.[1])).toBeGreaterThan(8 / 0.3);
});
