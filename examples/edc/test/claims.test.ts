import { judge } from '@rs/experiments';
import { expect, test } from 'vitest';
import { baselineRemovers, baselineSegmenters } from '../src/baselines.js';
import { claimsOf, removalClaimsOf } from '../src/claims.js';
import { ablations, edc, edcStar } from '../src/rows.js';
import { finished } from './finished.js';

const floor = { SSIM: 0.4, PSNR: 12, MAE: 0.17 };

test("the paper's differences are those of its tables", () => {
  const claims = claimsOf(ablations, 'M3M-CR', floor);
  const paper = (text: RegExp, unit = 'mIoU, %'): number | undefined =>
    claims.find((claim) => text.test(claim.text) && claim.unit === unit)?.paper;
  expect(paper(/beats EDC\* on all pixels/)).toBeCloseTo(54.2 - 52.29, 6);
  expect(paper(/beats EDC\* under clouds/)).toBeCloseTo(51.24 - 49.63, 6);
  expect(paper(/beats EDC\* on cloud-free pixels/, 'mPA, %')).toBeCloseTo(71.05 - 67.94, 6);
  expect(paper(/^DCHF helps$/)).toBeCloseTo(54.2 - 53.35, 6);
  expect(paper(/^All parts help/)).toBeCloseTo(2.19, 6); // as its text says
  expect(paper(/^DCHF helps alone/)).toBeCloseTo(52.29 - 52.01, 6);
  const [whu] = claimsOf([edc, edcStar], 'WHU-OPT-SAR', floor);
  expect(whu.paper).toBeCloseTo(49.58 - 48.11, 6);
});

test('EDC against the methods that were run beside it', () => {
  const claims = claimsOf([edc], 'M3M-CR', floor, baselineSegmenters).filter(({ text }) => /EDC beats (?!EDC)/.test(text));
  expect(claims).toHaveLength(3 * baselineSegmenters.length);
  expect(claims.find(({ text }) => text === 'EDC beats CloudSeg on all pixels')?.paper).toBeCloseTo(54.2 - 53.64, 6);
  const [hs2p] = removalClaimsOf(baselineRemovers, 'M3M-CR');
  expect(hs2p.paper).toBeCloseTo(30.94 - 29.61, 6);
  const quality = { SSIM: 0.7, PSNR: 24, MAE: 0.04 };
  const runs = [finished('EDC', 0, 0.6), { ...finished('HS2P', 0, 0), evaluation: { patches: 2, quality } }];
  expect(judge(hs2p, runs).differences).toEqual([{ seed: 0, difference: 1 }]);
});

test('of one row alone the cost of clouds and its own parts can be told', () => {
  const texts = claimsOf([edcStar], 'M3M-CR', floor).map(({ text }) => text);
  expect(texts).toEqual(['EDC*: clouds cost accuracy']);
  expect(claimsOf([edc], 'M3M-CR', floor).map(({ text }) => text)).not.toContainEqual(expect.stringContaining('EDC*'));
});

test('are judged in points of mIoU, and over the floor in dB', () => {
  const runs = [0.6, 0.61, 0.6].flatMap((mIoU, seed) => [finished('EDC', seed, mIoU), finished('EDC*', seed, mIoU + 0.02)]);
  const judged = claimsOf([edc, edcStar], 'M3M-CR', floor).map((claim) => judge(claim, runs));
  const of = (text: RegExp) => judged.find((claim) => text.test(claim.text));
  expect(of(/beats EDC\*/)?.verdict).toBe('not held');
  expect(of(/^EDC\*: clouds cost/)?.differences[0].difference).toBeCloseTo(4, 10);
  expect(of(/^The reconstruction/)?.differences.map(({ difference }) => difference)).toEqual([13, 13, 13]);
  expect(of(/^A is higher/)?.differences).toEqual([]); // not studied
});

test('a study of the run speaks for the fusion', () => {
  const stage = {
    attention: { cloudy: 0.44, clear: 0.33 },
    discrepancy: { cloudy: 2, clear: 1 },
    discrepancyCloudFree: { cloudy: 1.5, clear: 1 },
  };
  const gates = {
    tiles: 1,
    stages: [{ stage: 1, AUROC: 0.6, weights: [], ...stage }],
    shifts: [{ cover: 0.5, weighted: [0.2], plain: [0.3] }],
  };
  const run = finished('EDC', 0, 0.6);
  const judged = claimsOf([edc], 'M3M-CR', floor).map((claim) => judge(claim, [{ ...run, evaluation: { ...run.evaluation, gates } }]));
  const difference = (text: RegExp) => judged.find((claim) => text.test(claim.text))?.differences[0].difference;
  expect(difference(/^A is higher/)).toBeCloseTo(0.11, 10);
  expect(difference(/^Clouds strengthen D/)).toBeCloseTo(0.5, 10);
  expect(difference(/^Clouds move/)).toBeCloseTo(0.1, 10);
});
