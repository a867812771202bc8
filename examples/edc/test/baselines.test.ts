import * as tf from '@tensorflow/tfjs-core';
import { ConvTranspose2d, countParameters, disposeModule, Random, torchInit } from '@rs/nn';
import { expect, test } from 'vitest';
import { baselineRemovers, baselineSegmenters } from '../src/baselines.js';
import { buildBaseline, publishedClasses, publishedSetting } from '../src/build-model.js';
import { countMacs } from '../src/count-macs.js';
import { forwardOf, removalForwardOf } from '../src/forward.js';
import { paper } from '../src/paper.js';
import { measureSize } from '../src/studies/complexity.js';
import { tinyConfig } from './tiny-config.js';

test('they are those that the paper compares with, by its names', () => {
  const named = (rows: readonly { readonly method: string }[]): string[] =>
    rows.map(({ method }) => method).filter((method) => !method.startsWith('EDC'));
  expect(baselineSegmenters.map(({ label }) => label)).toEqual(named(paper.tableI.rows));
  expect([...baselineRemovers.map(({ label }) => label), 'CloudSeg'].sort()).toEqual(named(paper.tableII.rows).sort());
});

/** Millions, as `src/baselines.ts` tells them. */
const small: Record<string, number> = {
  ...{ 'DCSA-Net': 2.83, 'AMM-FuseNet': 3.3, MCANet: 3.51, FTransUNet: 3.09, CMX: 3.22, CloudSeg: 3.44 },
  ...{ HS2P: 0.2, 'USSRN-CR': 0.34, 'Align-CR': 0.97, 'GLF-CR': 0.44 },
};

const millions = (network: object): number => Number((countParameters(network) / 1e6).toFixed(2));
const init = () => torchInit(new Random(1));
const channels = (made: object) =>
  Object.fromEntries(Object.entries(made).map(([name, { shape }]: [string, tf.Tensor4D]) => [name, shape[3]]));
const images = () => ({ optical: tf.ones<tf.Rank.R4>([1, 32, 32, 4]), sar: tf.ones<tf.Rank.R4>([1, 32, 32, 2]) });

test.each(baselineSegmenters.map((baseline) => ({ ...baseline })))('$label, small, maps land cover', (baseline) => {
  const network = buildBaseline(baseline, tinyConfig, 7, init());
  expect(millions(network)).toBe(small[baseline.label]);
  const found = tf.tidy(() => channels(forwardOf(network, { reconstruct: true })(images())));
  expect(found).toEqual({ logits: 7, ...(baseline.cloudRemoval && { reconstruction: 4 }) });
  disposeModule(network);
});

test.each(baselineRemovers.map((baseline) => ({ ...baseline })))('$label, small, removes clouds', (baseline) => {
  const network = buildBaseline(baseline, tinyConfig, 7, init());
  expect(millions(network)).toBe(small[baseline.label]);
  expect(tf.tidy(() => channels(removalForwardOf(network)(images())))).toEqual({ reconstruction: 4 });
  disposeModule(network);
});

test("CMX, as published, computes the paper's 5.58 GMAC; nothing is kept", () => {
  const before = tf.memory().numTensors;
  const cmx = baselineSegmenters.find(({ label }) => label === 'CMX')!;
  const { macs } = measureSize(cmx, { setting: publishedSetting('m3m-cr'), numClasses: publishedClasses('m3m-cr'), side: 160 });
  expect((macs / 1e9).toFixed(2)).toBe('5.58');
  expect(tf.memory().numTensors).toBe(before);
});

test('a transposed convolution counts its whole kernel at every output', () => {
  const network = { up: new ConvTranspose2d({ inChannels: 3, outChannels: 5, kernelSize: 2, stride: 2 }, init()) };
  const [{ macs }] = countMacs(network, () => tf.tidy(() => void network.up.call(tf.ones([1, 4, 6, 3]))));
  expect(macs).toBe(8 * 12 * 5 * (3 * 2 * 2));
  disposeModule(network);
});
