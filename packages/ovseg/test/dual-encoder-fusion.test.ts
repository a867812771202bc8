import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, parameters } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DualEncoderFusion, PaperDualEncoderFusion, type DinoMaps } from '../src/index.js';
import { apart, freeing, initOf, leftBehind, normal } from './volumes.js';

const dims = { dinoDim: 6, textDim: 5, hiddenDim: 4, prompts: 2 };

interface Inputs {
  readonly rgb: DinoMaps;
  readonly sar: DinoMaps;
  readonly clip: tf.Tensor4D;
  readonly text: tf.Tensor4D;
}

/** B images of 2 x 3 patches of CLIP, T classes. */
function inputsOf(seed: number, batch: number, classes: number, dinoStride: number): Inputs {
  const maps = (first: number): DinoMaps => {
    const shape = [batch, dinoStride * 2, dinoStride * 3, 6];
    return [normal(shape, first), normal(shape, first + 1), normal(shape, first + 2)];
  };
  return { rgb: maps(seed), sar: maps(seed + 3), clip: normal([batch, 2, 3, 5], seed + 6), text: normal([batch, classes, 2, 5], seed + 7) };
}

const cases = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  batch: fc.integer({ min: 1, max: 2 }),
  classes: fc.integer({ min: 1, max: 3 }),
  dinoStride: fc.constantFrom(1, 2),
});

test('a volume a class in (0, 2), and guidance at twice and four times the grid', () =>
  fc.assert(
    fc.property(cases, ({ seed, batch, classes, dinoStride }) =>
      freeing(() => {
        const fusion = new DualEncoderFusion({ ...dims, guidanceDims: [3, 2], dinoStride }, initOf(seed));
        const inputs = inputsOf(seed, batch, classes, dinoStride);
        const { fused, guidance } = fusion.call(inputs);
        expect(fused.shape).toEqual([batch * classes, 2, 3, 4]);
        expect(guidance.map(({ shape }) => shape)).toEqual([
          [batch, 4, 6, 3],
          [batch, 8, 12, 2],
        ]);
        expect(tf.min(fused).dataSync()[0]).toBeGreaterThan(0);
        expect(tf.max(fused).dataSync()[0]).toBeLessThan(2);
        const longer = fusion.call({ ...inputs, clip: tf.mul(inputs.clip, 3) }); // directions count, lengths do not
        expect(apart(longer.fused, fused)).toBeLessThan(1e-5);
        disposeModule(fusion);
      }),
    ),
    { numRuns: 8, seed: 1 },
  ));

test("the paper's form shares its layers: optical and SAR may change places", () =>
  fc.assert(
    fc.property(cases, ({ seed, batch, classes }) =>
      freeing(() => {
        const fusion = new PaperDualEncoderFusion(dims, initOf(seed));
        const inputs = inputsOf(seed, batch, classes, 1);
        const { fused } = fusion.call(inputs);
        const turned = fusion.call({ ...inputs, rgb: inputs.sar, sar: inputs.rgb }).fused;
        fused.forEach((volume, i) => {
          expect(volume.shape).toEqual([batch * classes, 2, 3, 4]);
          expect(apart(volume, turned[i])).toBeLessThan(1e-5);
        });
        const { sar: _sar, ...optical } = inputs;
        expect(apart(fusion.call(optical).fused[2], fused[2])).toBeGreaterThan(0);
        disposeModule(fusion);
      }),
    ),
    { numRuns: 5, seed: 1 },
  ));

test('names its parameters as the released model does, and leaves nothing behind', () => {
  const fusion = new DualEncoderFusion({ ...dims, guidanceDims: [3, 2] }, initOf(1));
  const names = new Set([...parameters(fusion).keys()].map((name) => name.split('.')[0]));
  const maps = ['down_sample', 'decod_proj1', 'decod_proj2'];
  expect([...names].sort()).toEqual(
    [...maps.map((name) => `dino_${name}`), ...maps.map((name) => `dino_sar${name}`), 'conv1', 'conv2', 'fusion_corr'].sort(),
  );
  const inputs = inputsOf(1, 1, 2, 2);
  expect(leftBehind(() => fusion.call(inputs))).toBe(0);
  expect(() => fusion.call({ ...inputs, sar: inputsOf(1, 1, 2, 1).sar })).toThrow('DualEncoderFusion: sar[0] must have shape [1,4,6,6]');
  tf.dispose([...inputs.rgb, ...inputs.sar, inputs.clip, inputs.text]);
  disposeModule(fusion);
  expect(() => new DualEncoderFusion({ ...dims, dinoStride: 3 }, initOf(1))).toThrow('dinoStride must be 1 or 2');
});
