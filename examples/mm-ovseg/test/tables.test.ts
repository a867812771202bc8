import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { madeUpRun } from '../../../packages/experiments/test/app-testing.js';
import { readConfig } from '../src/config.js';
import type { Evaluation } from '../src/evaluate.js';
import type { ModelCost } from '../src/full-size.js';
import type { PretrainingFigures } from '../src/pretraining.js';
import { isReferenceProtocol } from '../src/references.js';
import { mmOvSeg, opticalDino, opticalOnly, withoutCmu, type Row } from '../src/rows.js';
import { tables } from '../src/tables.js';
import type { Measured } from '../src/tables/paper-table.js';

/** A row whose every figure is `value`. */
function evaluation(value: number): Evaluation {
  const figures = { mIoU: value, mPA: value, mF1: value, OA: value, perClassIoU: [value], perClassF1: [value] };
  const grouped = { seen: value, unseen: value };
  const split = <T>(of: T) => ({ all: of, cloudFree: of, cloudy: of });
  return {
    tiles: 1,
    segmentation: split(figures),
    grouped: split(grouped),
    auc: { perClass: [value], ...grouped },
    chance: split({ seen: 0.08, unseen: 0.08 }),
    parameters: { all: 2e6, trained: 1e6 },
    secondsATile: 0.01,
  };
}

const row = ({ label }: Row, value: number) => [0, 1, 2].map((seed) => madeUpRun(label, seed, evaluation(value), { steps: 4, seconds: 2 }));
const dino: PretrainingFigures = { stage: 'dino', probe: { clear: 0.43, cloudy: 0.1 } };
const measured: Measured = {
  runs: [...row(opticalOnly, 0.1), ...row(opticalDino, 0.12), ...row(withoutCmu, 0.147), ...row(mmOvSeg, 0.175)],
  pretraining: [madeUpRun<PretrainingFigures>('DINO', 0, dino)],
  costs: undefined,
  provenance: { data: 'none', scale: 'none', engine: 'test', seeds: [0, 1, 2] },
  besideReference: true,
  footnotes: [],
  learning: { batchSize: 8, rate: 7e-4 },
};

test('figures of the reference implementation stand beside ours, with a mark', () => {
  const [, beside, pretraining] = tables[3].build(measured);
  const cellsOf = (table: typeof beside, label: string) => table.rows.find((one) => one.label === label)!.cells;
  expect(cellsOf(beside, `cloudy: ${mmOvSeg.label}`)[2]).toBe('within');
  expect(cellsOf(beside, `seen: ${opticalDino.label}`)[2]).toBe('within');
  expect(cellsOf(beside, `AUC unseen: ${mmOvSeg.label}`)[2]).toBe('outside');
  expect(cellsOf(pretraining, 'linear probe of DINO, clear optical')[2]).toBe('within');
  expect(cellsOf(pretraining, 'linear probe of DINO, cloudy optical')[2]).toBe('outside');
});

test('the standard config alone is the protocol of the reference', async () => {
  const configOf = (name: string) => readConfig(fileURLToPath(new URL(`../config/${name}.yaml`, import.meta.url)));
  expect(isReferenceProtocol(await configOf('synthetic'))).toBe(true);
  expect(isReferenceProtocol(await configOf('synthetic-quick'))).toBe(false);
});

test('Table A2: milliseconds a step of the small models; both peaks of the full one, and what they hold', () => {
  const cost = (peakGiB: number): ModelCost => ({ seconds: 12, peakGiB, startGiB: 0.4, weightsGiB: 1.2, parameters: 3e8, trained: 3e7 });
  const [table] = tables[12].build({
    ...measured,
    costs: { stepSeconds: { [opticalDino.label]: 0.4, [mmOvSeg.label]: 0.5 }, fullSize: { loaded: cost(3.9), made: cost(2.4) } },
  });
  const reproduced = table.rows.filter(({ source }) => source === 'reproduced').map(({ cells }) => cells);
  expect(reproduced.slice(0, 2).map(([step]) => step)).toEqual([400, 500]);
  expect(reproduced.at(-1)).toEqual([null, 12_000, 300, 30, 3.9, 2.4]);
  expect(table.footnotes?.join()).toMatch(/Node and engine \(0\.4 GiB\), weights \(1\.2 GiB\)/);
});
