import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, loadStateDict, parameters, stateDict, type Init } from '@rs/nn';
import { expect, test } from 'vitest';
import { MmOvSeg, mmOvSegVariants, parameterGroups, type ClipFinetune, type DinoFinetune, type MmOvSegConfig } from '../src/index.js';
import { build, tiny, tinyInputs } from './tiny-model.js';
import { apart, freeing, initOf, leftBehind, normal } from './volumes.js';

/** Zeros that no engine has seen yet take no memory. */
const zeroInit: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };

/** A check on a model, which is freed. */
function withModel(change: Partial<MmOvSegConfig>, check: (model: MmOvSeg) => void): void {
  const model = build(change);
  freeing(() => check(model));
  disposeModule(model);
}

const countOf = (model: MmOvSeg, wanted: (part: string) => boolean): { tensors: number; values: number } => {
  const groups = parameterGroups(model);
  const chosen = [...parameters(model)].filter(([name]) => wanted(groups.get(name)!.part));
  return { tensors: chosen.length, values: chosen.reduce((sum, [, { size }]) => sum + size, 0) };
};

test('ViT-B/16 has the parameters of the paper, and trains those of the released code', () => {
  const model = new MmOvSeg(mmOvSegVariants['vit-b16'], zeroInit);
  expect(countOf(model, () => true).values).toBe(331_959_698);
  expect(countOf(model, (part) => part !== 'frozen')).toEqual({ tensors: 200, values: 31_170_449 });
  expect(countOf(model, (part) => part === 'clip')).toEqual({ tensors: 48, values: 20_447_232 });
  disposeModule(model);
});

test('a model may be trained in other parts; norms and embeddings do not decay', () =>
  withModel({}, (model) => {
    const trained = (clipFinetune: ClipFinetune, dinoFinetune: DinoFinetune): string[] =>
      [...parameterGroups(model, { clipFinetune, dinoFinetune })]
        .filter(([, { part }]) => part === 'clip' || part === 'dino')
        .map(([name]) => name.replace('sem_seg_head.predictor.', ''));
    expect(trained('freeze', 'freeze')).toEqual([]);
    expect(trained('freeze', 'attention')).toHaveLength(2 * (3 + 1));
    expect(trained('freeze', 'attention')).toContain('dino_sarmodel.pos_embed');
    expect(trained('freeze', 'full').every((name) => /^dino_(sar)?model\./.test(name))).toBe(true);
    expect(trained('freezeIMG', 'freeze')).toEqual([
      ...['positional_embedding', 'transformer.resblocks.0.attn.q_proj_weight', 'transformer.resblocks.0.attn.v_proj_weight'],
      ...['transformer.resblocks.1.attn.q_proj_weight', 'transformer.resblocks.1.attn.v_proj_weight'],
    ].map((name) => `clip_model.${name}`)); // prettier-ignore
    expect(trained('full', 'freeze')).toContain('clip_model.visual.transformer.resblocks.2.mlp.c_fc.bias');
    expect(trained('full', 'freeze')).not.toContain('clip_model.visual.conv1.weight');
    const groups = parameterGroups(model);
    const transformer = 'sem_seg_head.predictor.transformer';
    expect(groups.get(`${transformer}.layers.0.swin_block.guidance_norm.weight`)).toEqual({ part: 'fusion', weightDecay: false });
    expect(groups.get(`${transformer}.Fusiondecoder1.conv.double_conv.1.bias`)?.weightDecay).toBe(false);
    expect(groups.get(`${transformer}.layers.0.attention.MLP.0.weight`)?.weightDecay).toBe(true);
    expect(groups.get('sem_seg_head.predictor.clip_model.token_embedding.weight')).toEqual({ part: 'frozen', weightDecay: false });
  }));

const variants: Record<string, Partial<MmOvSegConfig>> = {
  default: {},
  'optical DINO alone': { useSar: false },
  'no DINO': { ripd: { ...tiny.ripd, useDino: false } },
  'no CLIP map': { ripd: { ...tiny.ripd, useClip: false } },
  'CLIP for SAR': { sarClip: true },
  'DINO on the grid of CLIP': { dinoResolution: 8 },
  "the paper's head": { decoder: 'paper', dinoResolution: 8, ripd: { ...tiny.ripd, decoderDinoGuidanceProjDims: [4, 3] } },
  "the paper's head, optical alone": {
    decoder: 'paper',
    dinoResolution: 8,
    useSar: false,
    ripd: { ...tiny.ripd, decoderDinoGuidanceProjDims: [4, 3] },
  },
};

test.each(Object.entries(variants))('%s: logits at four times the grid; images and classes are treated alike', (_name, change) =>
  withModel(change, (model) => {
    const inputs = tinyInputs(1);
    const { logits } = model.call(inputs);
    expect(logits.shape).toEqual([2, 16, 16, 3]);
    const turned = model.call({ image: tf.reverse(inputs.image, 0), sar: tf.reverse(inputs.sar, 0), ids: tf.reverse(inputs.ids, 0) });
    expect(apart(tf.reverse(turned.logits, [0, 3]), logits)).toBeLessThan(1e-4);
    const needsSar = change.useSar !== false && (change.ripd?.useDino ?? true);
    const optical = { image: inputs.image, ids: inputs.ids };
    if (needsSar) expect(() => model.call(optical)).toThrow('MmOvSeg: sar must be given');
    else expect(apart(model.call(optical).logits, logits)).toBe(0);
    expect(leftBehind(() => ({ ...model.call(inputs, { intermediates: true }) }))).toBe(0);
  }),
);

test('text features are of length 1 and may be kept', () =>
  withModel({}, (model) => {
    const { image, sar, ids } = tinyInputs(1);
    const text = model.textFeatures(ids);
    expect(apart(tf.norm(text, 'euclidean', -1), tf.ones([3]))).toBeLessThan(1e-5);
    expect(apart(model.call({ image, sar, text }).logits, model.call({ image, sar, ids }).logits)).toBeLessThan(1e-5);
  }));

test('hands out what Figure 5 draws', () =>
  withModel({}, (model) => {
    const { clipCorr, denseCorr, fused } = model.call(tinyInputs(1), { intermediates: true });
    for (const map of [clipCorr, denseCorr, fused]) expect(map?.shape).toEqual([2, 4, 4, 3]);
    expect(tf.max(tf.abs(clipCorr!)).dataSync()[0]).toBeLessThan(1.00001);
  }));

test('frozen encoders get no gradient, trained parts do', () => {
  const inputs = tinyInputs(1);
  const gradientsOf = (change: Partial<MmOvSegConfig>): Set<string> => {
    const model = build(change);
    const variables = parameters(model);
    const engine = tf.engine();
    const { grads } = tf.tidy(() => engine.gradients(() => tf.sum(model.call(inputs).logits), [...variables.values()], undefined, true));
    const names = [...variables.keys()].filter((_, i) => grads[i]);
    tf.dispose(grads.filter((gradient) => gradient));
    disposeModule(model);
    return new Set(names.map((name) => name.split('.').slice(0, 3).join('.')));
  };
  const frozen = gradientsOf({ clipFinetune: 'freeze' });
  expect([...frozen].filter((name) => /^(dino_(sar)?model|sem_seg_head\.predictor\.clip_model)/.test(name))).toEqual([]);
  expect(frozen).toContain('upsample1.weight');
  const trained = gradientsOf({ dinoFinetune: 'full' });
  expect(trained).toContain('dino_sarmodel.blocks.0');
  expect(trained).toContain('sem_seg_head.predictor.clip_model');
  tf.dispose(inputs);
});

test('another encoder of dense features may stand in for DINO', () => {
  const calls: number[] = [];
  const encoder = {
    call: (pixels: tf.Tensor4D): tf.Tensor4D[] => [0, 1, 2].map((i) => {
      calls.push(pixels.shape[1]);
      return normal([pixels.shape[0], 4, 4, 12], i + 1);
    }), // prettier-ignore
  };
  const config = { ...tiny, dinoResolution: 16, dino: { ...tiny.dino, patchSize: 4 } };
  const model = new MmOvSeg(config, initOf(1), { rgb: encoder, sar: encoder });
  freeing(() => {
    expect(model.call(tinyInputs(1)).logits.shape).toEqual([2, 16, 16, 3]);
    expect(calls).toEqual(Array(6).fill(16));
  });
  expect([...parameters(model).keys()].some((name) => name.startsWith('dino_model'))).toBe(false);
  expect(() => new MmOvSeg(config, zeroInit, { rgb: encoder })).toThrow('MmOvSeg: encoders.sar must be given');
  disposeModule(model);
});

test('what is saved comes back', () =>
  withModel({}, (model) => {
    const other = build({}, 2);
    const inputs = tinyInputs(1);
    loadStateDict(other, stateDict(model));
    expect(apart(other.call(inputs).logits, model.call(inputs).logits)).toBe(0);
    disposeModule(other);
  }));

test('says what is missing or does not fit', () =>
  withModel({}, (model) => {
    const { image, sar, ids } = tinyInputs(1);
    expect(() => model.call({ image, sar })).toThrow('MmOvSeg: either ids or text must be given');
    expect(() => model.call({ image, sar, ids: tf.zeros([0, 8], 'int32') })).toThrow('ids must hold at least one class, got none');
    expect(() => model.call({ image, sar, text: tf.zeros([0, 12]) })).toThrow('text must hold at least one class, got none');
    expect(() => model.call({ image, sar, ids: tf.zeros([3, 7], 'int32') })).toThrow('MmOvSeg: ids must have shape [*,8], got [3,7]');
    expect(() => model.call({ image, sar: tf.zeros([2, 10, 10, 3]), ids })).toThrow('MmOvSeg: sar must have shape [2,10,12,3]');
    expect(() => model.call({ image: tf.zeros([2, 10, 12, 1]), sar, ids })).toThrow('MmOvSeg: image must have shape [*,*,*,3]');
    expect(() => model.call({ image: tf.zeros([2, 0, 12, 3]), sar, ids })).toThrow('MmOvSeg: image must have pixels');
  }));

test.each<[Partial<Record<keyof MmOvSegConfig, unknown>>, string]>([
  [{ clipFinetune: 'lora' }, 'clipFinetune must be one of attention, full, freezeIMG, freeze, got "lora"'],
  [{ dinoFinetune: 'some' }, 'dinoFinetune must be one of freeze, attention, full, got "some"'],
  [{ decoder: 'fpn' }, 'decoder must be one of ripd, paper, got "fpn"'],
  [{ clipResolution: 18 }, 'clipResolution must be a multiple of the patch size 4, got 18'],
  [{ sizeDivisibility: 0 }, 'sizeDivisibility must be a positive integer, got 0'],
  [{ ripd: { ...tiny.ripd, prompts: 2 } }, 'ripd.prompts must be [1], as the encoders make it, got [2]'],
  [{ ripd: { ...tiny.ripd, featureResolution: [8, 8] } }, 'ripd.featureResolution must be [4,4]'],
  [{ vision: { ...tiny.vision, taps: [1] } }, 'vision.taps must be two blocks, got [1]'],
  [{ vision: { ...tiny.vision, outputDim: 8 } }, 'vision.outputDim must be text.embedDim (12), got 8'],
  [{ dino: { ...tiny.dino, taps: [1] } }, 'dino.taps must be three blocks'],
  [{ decoder: 'paper' }, "decoder paper needs DINO on CLIP's grid (4 patches a side), got 8"],
  [{ decoder: 'paper', dinoResolution: 8 }, 'decoder paper needs ripd.decoderClipGuidanceProjDims and'],
  [{ sarClip: true, useSar: false }, 'sarClip needs useSar and ripd.useClip'],
  [{ dinoResolution: 24 }, 'dinoStride must be 1 or 2'],
])('refuses %j', (change, message) => {
  expect(() => new MmOvSeg({ ...tiny, ...change } as MmOvSegConfig, zeroInit)).toThrow(message);
});
