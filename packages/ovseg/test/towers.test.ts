import * as tf from '@tensorflow/tfjs-core';
import { countParameters, disposeModule, parameters, type Init } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  Clip,
  ClipTextEncoder,
  ClipVisionEncoder,
  DinoViT,
  interpolatePosEmbed,
  mmOvSegVariants,
  TextEmbeddings,
  type DinoViTConfig,
} from '../src/index.js';
import { apart, initOf, leftBehind, normal, reordered } from './volumes.js';

const vision = { inputResolution: 16, patchSize: 4, width: 16, layers: 3, heads: 2, outputDim: 12, taps: [0, 2] };
const text = { embedDim: 12, contextLength: 7, vocabSize: 20, width: 12, heads: 2, layers: 2 };
const dino = { imgSize: 16, patchSize: 4, embedDim: 12, depth: 3, numHeads: 2, taps: [0, 2] };
const image = (batch: number, side: number, seed: number): tf.Tensor4D => normal([batch, side, side, 3], seed);
const values = (x: tf.Tensor): number[] => [...x.dataSync()];

/** Never touched, so 300 million zeros take neither time nor memory. */
const zeros: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };

test.each([
  ['CLIP ViT-B/16', () => new Clip(mmOvSegVariants['vit-b16'], zeros), 149_620_737],
  ['CLIP ViT-L/14@336px', () => new Clip(mmOvSegVariants['vit-l14'], zeros), 427_944_193],
  ['its text tower of B/16', () => new ClipTextEncoder(mmOvSegVariants['vit-b16'].text, zeros), 63_428_096],
  ['its image tower of B/16', () => new ClipVisionEncoder(mmOvSegVariants['vit-b16'].vision, zeros), 86_192_640],
  ['DINO ViT-B/8', () => new DinoViT({}, zeros), 85_807_872],
  ['DINO ViT-B/16', () => new DinoViT({ patchSize: 16 }, zeros), 85_798_656],
] as const)('%s has the published number of parameters', (_name, build, count) => {
  const module = build();
  expect(countParameters(module)).toBe(count);
  disposeModule(module);
});

test('CLIP has the names of its checkpoints', () => {
  const clip = new Clip({ vision: { ...vision, layers: 1, taps: [] }, text: { ...text, layers: 1 } }, zeros);
  const block = [
    'attn.q_proj_weight',
    'attn.k_proj_weight',
    'attn.v_proj_weight',
    'attn.in_proj_bias',
    'attn.out_proj.weight',
    'attn.out_proj.bias',
  ].concat(['ln_1', 'mlp.c_fc', 'mlp.c_proj', 'ln_2'].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]));
  const tower = (prefix: string): string[] => block.map((name) => `${prefix}transformer.resblocks.0.${name}`);
  const expected = [
    ...['positional_embedding', 'text_projection', 'token_embedding.weight', 'ln_final.weight', 'ln_final.bias', 'logit_scale'],
    ...['class_embedding', 'positional_embedding', 'proj', 'conv1.weight'].map((name) => `visual.${name}`),
    ...['ln_pre', 'ln_post'].flatMap((layer) => [`visual.${layer}.weight`, `visual.${layer}.bias`]),
    ...tower(''),
    ...tower('visual.'),
  ];
  expect([...parameters(clip).keys()].sort()).toEqual(expected.sort());
  disposeModule(clip);
});

test('no image sees another; dense or pooled, native size or not', () => {
  const encoder = new ClipVisionEncoder(vision, initOf(1));
  const vit = new DinoViT(dino, initOf(2));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(1e6), (patches, seed) =>
      tf.tidy(() => {
        const [x, native] = [image(3, 4 * patches, seed), image(3, 16, seed)];
        const runs: ((flipped: boolean) => tf.Tensor[])[] = [
          (flipped) => Object.values(encoder.call(flipped ? reordered(x, [2, 1, 0]) : x, { dense: true })).flat(),
          (flipped) => Object.values(encoder.call(flipped ? reordered(native, [2, 1, 0]) : native)).flat(),
          (flipped) => vit.call(flipped ? reordered(x, [2, 1, 0]) : x),
        ];
        for (const run of runs) {
          const flipped = run(true);
          run(false).forEach((output, i) => expect(apart(reordered(output, [2, 1, 0]), flipped[i])).toBeLessThan(1e-4));
        }
        expect(vit.call(x).map(({ shape }) => shape)).toEqual([0, 2].map(() => [3, 1 + patches ** 2, 12]));
      }),
    ),
    { numRuns: 10, seed: 1 },
  );
  [encoder, vit].forEach(disposeModule);
});

test('a dense embedding depends on the other patches only through the blocks before the last', () => {
  const encoder = new ClipVisionEncoder({ ...vision, layers: 1, taps: [] }, initOf(3));
  tf.tidy(() => {
    const x = image(1, 16, 1);
    const changed = tf.concat(
      [tf.slice(x, [0, 0, 0, 0], [1, 12, 16, 3]), tf.slice(image(1, 16, 2), [0, 12, 0, 0], [1, 4, 16, 3])],
      1,
    ) as tf.Tensor4D;
    const rows = (tokens: tf.Tensor3D): tf.Tensor => tf.slice(tokens, [0, 0, 0], [1, 13, 12]); // class token and three rows of patches
    const [before, after] = [x, changed].map((given) => encoder.call(given, { dense: true }).tokens);
    expect(apart(rows(before), rows(after))).toBe(0);
    expect(apart(before, after)).toBeGreaterThan(0.01);
  });
  disposeModule(encoder);
});

test('a text is read at its end: what follows does not count', () => {
  const encoder = new ClipTextEncoder(text, initOf(4));
  tf.tidy(() => {
    const ids = tf.tensor2d([[18, 3, 5, 19, 0, 0, 0], [18, 3, 5, 19, 7, 1, 2], [18, 5, 3, 19, 0, 0, 0]], [3, 7], 'int32'); // prettier-ignore
    const [plain, followed, swapped] = tf.split(encoder.call(ids), 3);
    expect(apart(plain, followed)).toBeLessThan(1e-6);
    expect(apart(plain, swapped)).toBeGreaterThan(1e-3);
  });
  disposeModule(encoder);
});

test('positions: a constant stays, a grid of its own size stays, the class token stays', () => {
  fc.assert(
    fc.property(
      fc.record({
        side: fc.integer({ min: 1, max: 6 }),
        rows: fc.integer({ min: 1, max: 9 }),
        cols: fc.integer({ min: 1, max: 9 }),
        seed: fc.nat(1e6),
      }),
      ({ side, rows, cols, seed }) =>
        tf.tidy(() => {
          for (const style of ['clip', 'dino'] as const) {
            const posEmbed = normal<tf.Tensor2D>([1 + side ** 2, 3], seed);
            const resized = interpolatePosEmbed(posEmbed, { style, rows, cols });
            expect(resized.shape).toEqual([1 + rows * cols, 3]);
            expect(apart(tf.slice(resized, 0, 1), tf.slice(posEmbed, 0, 1))).toBe(0);
            expect(apart(interpolatePosEmbed(posEmbed, { style, rows: side, cols: side }), posEmbed)).toBe(0);
            const constant = tf.fill([1, 1 + side ** 2, 2], 0.7) as tf.Tensor3D;
            expect(apart(interpolatePosEmbed(constant, { style, rows, cols }), tf.scalar(0.7))).toBeLessThan(1e-5);
          }
        }),
    ),
    { numRuns: 25, seed: 1 },
  );
});

test('text embeddings of a class list are computed once', () => {
  const encoder = new ClipTextEncoder({ ...text, contextLength: 77, vocabSize: 49408 }, initOf(5));
  const before = tf.memory().numTensors;
  let runs = 0;
  const embeddings = new TextEmbeddings((ids) => (runs++, encoder.call(ids)), { template: 'a photo of {}' });
  const first = tf.tidy(() => embeddings.of(['road', 'water']));
  expect(first.shape).toEqual([2, 12]);
  expect(tf.tidy(() => embeddings.of(['road', 'water']))).toBe(first);
  expect(runs).toBe(1);
  const turned = embeddings.of(['water', 'road']); // another list, as classes are in the order of their names
  expect(values(turned)).toEqual(values(first).slice(12).concat(values(first).slice(0, 12)));
  expect([runs, tf.memory().numTensors - before]).toEqual([2, 2]);
  expect(() => embeddings.of([])).toThrow('classTokens: classNames must hold at least one class, got none');
  embeddings.dispose();
  expect(tf.memory().numTensors).toBe(before);
  disposeModule(encoder);
});

test('encoders leave nothing behind', () => {
  const clip = new Clip({ vision, text }, initOf(6));
  const vit = new DinoViT(dino, initOf(7));
  const x = image(2, 16, 1);
  const ids = tf.ones<tf.Rank.R2>([2, 7], 'int32');
  expect(leftBehind(() => clip.call(ids))).toBe(0);
  expect(leftBehind(() => clip.visual.call(x, { dense: true }))).toBe(0);
  expect(leftBehind(() => clip.visual.call(x))).toBe(0);
  expect(leftBehind(() => ({ ...vit.call(x) }))).toBe(0);
  tf.dispose([x, ids]);
  [clip, vit].forEach(disposeModule);
});

test('names what is wrong', () => {
  const errors: [() => unknown, string][] = [
    [() => new DinoViT({ ...dino, taps: [0, 3] } as DinoViTConfig, zeros), 'DinoViT: taps must be ascending indices of 3 blocks, got [0,3]'],
    [() => new ClipVisionEncoder({ ...vision, taps: [1, 0] }, zeros), 'ClipVisionEncoder: taps must be ascending indices of 3 blocks, got [1,0]'],
    [() => interpolatePosEmbed(tf.zeros([6, 2]) as tf.Tensor2D, { style: 'clip', rows: 2, cols: 2 }), 'must have shape [1+n^2,D] or [1,1+n^2,D], got [6,2]'],
    [() => interpolatePosEmbed(tf.zeros([5, 2]) as tf.Tensor2D, { style: 'clip', rows: 0, cols: 2 }), 'rows and cols must be positive integers, got 0 and 2'],
  ]; // prettier-ignore
  tf.tidy(() => {
    for (const [act, message] of errors) expect(act).toThrow(message);
  });
  const encoder = new ClipVisionEncoder(vision, initOf(8));
  const vit = new DinoViT(dino, initOf(8));
  const words = new ClipTextEncoder(text, initOf(8));
  tf.tidy(() => {
    expect(() => encoder.call(image(1, 20, 1))).toThrow('ClipVisionEncoder: x must have shape [*,16,16,3], got [1,20,20,3]');
    expect(() => encoder.call(normal([1, 16, 20, 3], 1), { dense: true })).toThrow('x must have shape [*,16,16,3], got [1,16,20,3]');
    expect(() => encoder.call(image(1, 18, 1), { dense: true })).toThrow('x must have sides of multiples of 4, got [1,18,18,3]');
    expect(() => vit.call(image(1, 18, 1))).toThrow('DinoViT: x must have sides of multiples of 4, got [1,18,18,3]');
    expect(() => words.call(tf.ones([2, 9], 'int32'))).toThrow('ClipTextEncoder: ids must have shape [*,7], got [2,9]');
  });
  [encoder, vit, words].forEach(disposeModule);
});
