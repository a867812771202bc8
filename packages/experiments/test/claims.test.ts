import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toMarkdown, toTerminal } from '@rs/report';
import { claimsTable, figuresOf, judge, type Claim, type FinishedRun } from '../src/index.js';
import { madeUpRun } from './app-testing.js';

interface Scores {
  readonly mIoU: number;
  readonly chance: number;
}

const run = (label: string, seed: number, mIoU: number, chance = 8): FinishedRun<Scores> => madeUpRun(label, seed, { mIoU, chance });
const mIoU = (row: string) => ({ row, figure: (scores: Scores) => scores.mIoU });
const beats: Claim<Scores> = { text: 'A beats B', unit: 'mIoU, %', above: mIoU('A'), below: mIoU('B'), paper: 1.5 };
const runs = [run('A', 0, 50), run('B', 0, 45), run('A', 1, 52), run('B', 1, 46.5), run('A', 2, 51), run('B', 2, 46.25), run('A', 3, 60)];

test('pairs rows of one seed; a seed with one of both is left out', () => {
  const { differences, verdict, paper } = judge(beats, runs);
  expect({ differences, verdict, paper }).toEqual({
    differences: [
      { seed: 0, difference: 5 },
      { seed: 1, difference: 5.5 },
      { seed: 2, difference: 4.75 },
    ],
    verdict: 'held',
    paper: 1.5,
  });
});

test('compares with a number, and with another figure of the same runs', () => {
  const unseen = [run('A', 0, 13.5, 8.2), run('A', 1, 0.6, 8.6), run('A', 2, 7.5, 8.2)];
  const claim = { text: 'above chance', unit: 'mIoU, %', above: mIoU('A') };
  expect(judge({ ...claim, below: 8 }, unseen).differences.map(({ difference }) => difference)).toEqual([5.5, -7.4, -0.5]);
  const chance = { row: 'A', figure: (scores: Scores) => scores.chance };
  expect(judge({ ...claim, below: chance }, unseen).differences[0].difference).toBeCloseTo(5.3, 10);
});

test('a figure that is no number leaves its seed out', () => {
  expect(judge(beats, [...runs.slice(0, 4), run('A', 2, NaN), run('B', 2, 1)]).verdict).toBe('too few runs');
});

test('swapping the rows of a claim negates its differences', () => {
  const seeds = fc.array(fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true })), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(seeds, (values) => {
      const both = values.flatMap(([a, b], seed) => [run('A', seed, a), run('B', seed, b)]);
      const given = judge(beats, both);
      const swapped = judge({ ...beats, above: beats.below as typeof beats.above, below: beats.above }, both);
      swapped.differences.forEach(({ difference }, i) => expect(difference + given.differences[i].difference).toBe(0));
      const opposite: Record<string, string> = { held: 'not held', 'not held': 'held' };
      expect(swapped.verdict).toBe(opposite[given.verdict] ?? given.verdict);
    }),
    { seed: 1 },
  );
});

const provenance = { data: 'world 300', scale: 'tiny', engine: 'test', seeds: [0, 1, 2] };

test("the table has the paper's difference, ours, every run's, the signs and the verdict", () => {
  const table = claimsTable([judge(beats, runs), judge({ ...beats, text: 'B beats A', above: mIoU('B'), below: mIoU('A') }, runs)], {
    provenance,
  });
  expect(table.rows[0]).toMatchObject({ label: 'A beats B (mIoU, %)', cells: [1.5, {}, '+5.00 +5.50 +4.75', '3 of 3', 'held'] });
  expect(table.rows[1].cells.slice(2)).toEqual(['-5.00 -5.50 -4.75', '0 of 3', 'not held']);
  for (const text of [toMarkdown(table), toTerminal(table, { color: false })]) {
    expect(text).toContain('5.08 ± 0.38');
    expect(text).toContain('Verdict: "held" when');
  }
});

test('a claim without runs has no figures, and no verdict', () => {
  const [{ cells }] = claimsTable([judge({ ...beats, paper: undefined }, [])], { provenance }).rows;
  expect(cells).toEqual([null, null, null, '0 of 0', 'too few runs']);
});

test('figures of a row come in the order of its runs', () => {
  expect(figuresOf(runs, 'A', (scores) => scores.mIoU)).toEqual([50, 52, 51, 60]);
});
