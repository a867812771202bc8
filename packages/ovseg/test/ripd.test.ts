import * as tf from '@tensorflow/tfjs-core';
import { countParameters, disposeModule, parameters } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ripd, type FusionType, type RipdConfig, type RipdInputs } from '../src/index.js';
import { apart, freeing, initOf, leftBehind, normal, reordered } from './volumes.js';

const small: RipdConfig = {
  textGuidanceDim: 6,
  textGuidanceProjDim: 4,
  appearanceGuidanceDim: 6,
  appearanceGuidanceProjDim: 4,
  decoderDims: [16, 16],
  decoderGuidanceDims: [3, 2],
  decoderClipGuidanceProjDims: [2, 2],
  decoderDinoGuidanceProjDims: [2, 2],
  featDim: 6,
  numLayers: 1,
  heads: 2,
  hiddenDim: 4,
  featureResolution: [4, 4],
  windowSize: 2,
  padLen: 5,
};

function inputsOf(seed: number, { useClip = true, useDino = true }: RipdConfig, classes = 3): RipdInputs {
  const guides = (first: number): readonly [tf.Tensor4D, tf.Tensor4D] => [normal([1, 8, 8, 3], first), normal([1, 16, 16, 2], first + 1)];
  return {
    text: normal([1, classes, 1, 6], seed),
    ...(useClip && { clip: normal<tf.Tensor4D>([1, 4, 4, 6], seed + 1), clipGuidance: guides(seed + 2) }),
    ...(useDino && { dino: normal<tf.Tensor4D>([1, 4, 4, 6], seed + 4), dinoGuidance: guides(seed + 5) }),
  };
}

const variants: Record<string, RipdConfig> = {
  query_guided: {},
  fusion_query: { fusionType: 'fusion_query' },
  simple_concatenation: { fusionType: 'simple_concatenation' },
  'CLIP alone': { useDino: false },
  'DINO alone': { useClip: false },
};

test.each(Object.entries(variants))('%s: another order of the classes is another order of the logits', (_name, variant) =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (seed, order) =>
      freeing(() => {
        const ripd = new Ripd({ ...small, ...variant }, initOf(seed));
        const inputs = inputsOf(seed, variant);
        const { logits } = ripd.call(inputs);
        expect(logits.shape).toEqual([1, 16, 16, 3]);
        const text = tf.expandDims(reordered(tf.squeeze(inputs.text, [0]), order), 0) as tf.Tensor4D;
        const permuted = ripd.call({ ...inputs, text }).logits;
        expect(apart(permuted, tf.gather(logits, tf.tensor1d(order, 'int32'), 3))).toBeLessThan(1e-4);
        disposeModule(ripd);
      }),
    ),
    { numRuns: 2, seed: 1 },
  ),
);

test('hands out the correlations that went into the volume', () =>
  freeing(() => {
    const shapesOf = (variant: RipdConfig): Record<string, number[] | undefined> => {
      const ripd = new Ripd({ ...small, ...variant }, initOf(1));
      const { clipCorr, denseCorr, fused } = ripd.call(inputsOf(1, variant));
      disposeModule(ripd);
      return { clipCorr: clipCorr?.shape, denseCorr: denseCorr?.shape, fused: fused.shape };
    };
    const [corr, fused] = [
      [3, 4, 4, 1],
      [3, 4, 4, 4],
    ];
    expect(shapesOf({})).toEqual({ clipCorr: corr, denseCorr: corr, fused });
    expect(shapesOf({ useDino: false })).toEqual({ clipCorr: corr, denseCorr: undefined, fused });
    expect(shapesOf({ fusionType: 'simple_concatenation' })).toEqual({ clipCorr: undefined, denseCorr: undefined, fused });
  }));

test("the default is ViT-B/16's, names included", () => {
  const ripd = new Ripd({}, initOf(1));
  expect(countParameters(ripd)).toBe(4_036_369);
  const names = [...parameters(ripd).keys()];
  expect(names).toContain('CLIP_decoder_guidance_projection.1.0.weight');
  expect(names).toContain('layers.1.attention.MLP.2.bias');
  expect(names).toContain('layers.0.swin_block.block_2.attn.q.weight');
  expect(names).toContain('Fusiondecoder2.conv.double_conv.4.weight');
  disposeModule(ripd);
});

test('says what is missing, of the wrong shape or unknown, and leaves nothing behind', () => {
  expect(() => new Ripd({ fusionType: 'sum' as FusionType }, initOf(1))).toThrow(
    'Ripd: fusionType must be one of query_guided, fusion_query, simple_concatenation, got "sum"',
  );
  expect(() => new Ripd({ useClip: false, useDino: false }, initOf(1))).toThrow('Ripd: useClip or useDino must be true');
  const ripd = new Ripd({ ...small, fusionType: undefined }, initOf(1));
  freeing(() => {
    const inputs = inputsOf(1, {});
    expect(leftBehind(() => ({ ...ripd.call(inputs) }))).toBe(0);
    expect(() => ripd.call({ ...inputs, dino: undefined })).toThrow('Ripd: dino must be given');
    expect(() => ripd.call({ ...inputs, dinoGuidance: undefined })).toThrow('Ripd: dinoGuidance must be given');
    expect(() => ripd.call({ ...inputs, clip: tf.zeros([1, 4, 5, 6]) })).toThrow('Ripd: clip must have shape [1,4,4,6], got [1,4,5,6]');
    expect(() => ripd.call({ ...inputs, text: tf.zeros([1, 0, 1, 6]) })).toThrow('at least one class');
  });
  disposeModule(ripd);
});

test('without the residual, the volume is the other one less that of CLIP', () =>
  freeing(() => {
    const inputs = inputsOf(7, {});
    const [whole, without] = [true, false].map((residual) => new Ripd({ ...small, residual }, initOf(7)));
    const global = tf.sigmoid(whole.conv1!.call(whole.call(inputs).clipCorr!));
    expect(apart(whole.call(inputs).fused, tf.add(without.call(inputs).fused, global))).toBeLessThan(1e-5);
    expect(countParameters(whole)).toBe(countParameters(without));
    for (const ripd of [whole, without]) disposeModule(ripd);
  }));
