import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, stateDict, type HostTensor } from '@rs/nn';
import { expect, test } from 'vitest';
import {
  Clip,
  ClipTextEncoder,
  ClipVisionEncoder,
  DinoViT,
  loadClip,
  loadDino,
  loadMmOvSeg,
  type ClipTextEncoderConfig,
  type ClipVisionEncoderConfig,
} from '../src/index.js';
import { build, tiny, tinyInputs } from './tiny-model.js';
import { apart, freeing, initOf, normal } from './volumes.js';

type Dict = Map<string, HostTensor>;

const vision: ClipVisionEncoderConfig = { ...tiny.vision, taps: [] };
const text: ClipTextEncoderConfig = tiny.text;

const renamed = (dict: ReadonlyMap<string, HostTensor>, rename: (name: string) => string): Dict =>
  new Map([...dict].map(([name, tensor]) => [rename(name), tensor]));

const scalar = (value: number): HostTensor => ({ shape: [], data: Float32Array.of(value) });

/** With one weight for queries, keys and values, and the sizes listed, as OpenAI publishes CLIP. */
function joined(dict: ReadonlyMap<string, HostTensor>): Dict {
  const result: Dict = new Map([['input_resolution', scalar(16)], ['context_length', scalar(8)], ['vocab_size', scalar(30)]]); // prettier-ignore
  for (const [name, tensor] of dict) {
    if (/attn\.[kv]_proj_weight$/.test(name)) continue;
    const parts = ['q', 'k', 'v'].map((part) => dict.get(name.replace('q_proj_weight', `${part}_proj_weight`))!);
    if (!name.endsWith('attn.q_proj_weight')) result.set(name, tensor);
    else {
      const [rows, cols] = tensor.shape;
      const data = Float32Array.from(parts.flatMap((part) => [...(part.data as Float32Array)]));
      result.set(name.replace('q_proj_weight', 'in_proj_weight'), { shape: [3 * rows, cols], data });
    }
  }
  return result;
}

/** Runs a check with modules that are freed afterwards. */
function withModules<T extends object[]>(modules: [...T], check: (...modules: T) => void): void {
  freeing(() => check(...modules));
  modules.forEach(disposeModule);
}

const image = (side: number): tf.Tensor4D => normal([1, side, side, 3], 7);
const clipOf = (seed: number, change: Partial<ClipVisionEncoderConfig> = {}): Clip =>
  new Clip({ vision: { ...vision, ...change }, text }, initOf(seed));
const dinoOf = (seed: number, change = {}): DinoViT => new DinoViT({ ...tiny.dino, ...change }, initOf(seed));

test.each([
  ['split', (dict: Dict) => dict],
  ['joined', joined],
  ['of data-parallel training', (dict: Dict) => renamed(joined(dict), (name) => `module.${name}`)],
])('CLIP and each of its towers load a whole checkpoint: %s', (_layout, as) =>
  withModules([clipOf(1), clipOf(2), new ClipTextEncoder(text, initOf(3)), new ClipVisionEncoder(vision, initOf(4))], (source, whole, words, sight) => {
    const checkpoint = as(stateDict(source));
    for (const module of [whole, words, sight]) loadClip(module, checkpoint);
    const ids = tf.tensor2d([[3, 5, 29, 0, 0, 0, 0, 0]], [1, 8], 'int32');
    expect(apart(whole.call(ids), source.call(ids))).toBe(0);
    expect(apart(words.call(ids), source.call(ids))).toBe(0);
    const pooled = source.visual.call(image(16)).pooled;
    expect(apart(whole.visual.call(image(16)).pooled, pooled)).toBe(0);
    expect(apart(sight.call(image(16)).pooled, pooled)).toBe(0);
  }),
); // prettier-ignore

test('a tower loads a checkpoint of itself alone', () =>
  withModules([clipOf(1), new ClipTextEncoder(text, initOf(3)), new ClipVisionEncoder(vision, initOf(4))], (source, words, sight) => {
    loadClip(sight, joined(stateDict(source.visual)));
    expect(apart(sight.call(image(16)).pooled, source.visual.call(image(16)).pooled)).toBe(0);
    loadClip(words, new Map([...stateDict(source)].filter(([name]) => !name.startsWith('visual.') && name !== 'logit_scale')));
    expect(stateDict(words).get('ln_final.weight')).toEqual(stateDict(source).get('ln_final.weight'));
  }));

test('a CLIP of another size is one error, and nothing changes', () =>
  withModules([clipOf(1, { patchSize: 2, width: 24, layers: 4 }), clipOf(2)], (larger, clip) => {
    const before = stateDict(clip);
    const message =
      "loadClip: the checkpoint's CLIP image tower has patch 2, width 24, layers 4, positions 65, outputs 12; " +
      "the model's has patch 4, width 16, layers 3, positions 17, outputs 12";
    for (const target of [clip, clip.visual]) expect(() => loadClip(target, joined(stateDict(larger)))).toThrow(new Error(message));
    expect(stateDict(clip)).toEqual(before);
    expect(() => loadClip(clip, new Map([['head.weight', scalar(1)]]))).toThrow(
      "loadClip: the checkpoint's CLIP image tower is missing (it holds head.weight, ...); the model's has patch 4, width 16",
    );
    const bad = joined(stateDict(clip));
    bad.set('transformer.resblocks.0.attn.in_proj_weight', { shape: [24, 12], data: new Float32Array(288) });
    expect(() => loadClip(clip, bad)).toThrow('transformer.resblocks.0.attn.in_proj_weight must have shape [3 W,W], got [24,12]');
  }));

test('a text tower of another vocabulary is one error', () =>
  withModules([new ClipTextEncoder({ ...text, vocabSize: 20 }, initOf(1)), new ClipTextEncoder(text, initOf(2))], (other, words) => {
    expect(() => loadClip(words, stateDict(other))).toThrow(
      "loadClip: the checkpoint's CLIP text tower has vocabulary 20, width 12, layers 2, positions 8, outputs 12; the model's has vocabulary 30,",
    );
  }));

test.each<[string, (dict: Dict) => Dict]>([
  ['the backbone alone', (dict) => dict],
  ['with a head', (dict) => new Map([...dict, ['head.mlp.0.weight', scalar(1)]])],
  ['of data-parallel training', (dict) => renamed(dict, (name) => `module.backbone.${name}`)],
  [
    "the teacher's, where there is a student",
    (dict) =>
      new Map([
        ...[...dict.keys()].map((name): [string, HostTensor] => [`student.module.backbone.${name}`, scalar(0)]),
        ...renamed(dict, (name) => `teacher.backbone.${name}`),
        ['teacher.head.last_layer.weight_v', scalar(1)],
      ]),
  ],
  ['under model', (dict) => renamed(dict, (name) => `model.${name}`)],
])('DINO loads %s', (_layout, as) =>
  withModules([dinoOf(1), dinoOf(2)], (source, encoder) => {
    loadDino(encoder, as(stateDict(source)));
    expect(stateDict(encoder)).toEqual(stateDict(source));
  }),
); // prettier-ignore

test('a DINO of another patch is one error; tensors that lack are named', () =>
  withModules([dinoOf(1, { patchSize: 4 }), dinoOf(2)], (other, encoder) => {
    expect(() => loadDino(encoder, stateDict(other))).toThrow(
      "loadDino: the checkpoint's encoder has patch 4, width 12, layers 3, positions 17; the model's has patch 2, width 12, layers 3, positions 65",
    );
    const lacking = new Map([...stateDict(encoder)].filter(([name]) => name !== 'norm.bias'));
    expect(() => loadDino(encoder, lacking)).toThrow('missing keys: norm.bias');
    expect(() => loadDino(encoder, new Map([['fc.weight', scalar(1)]]))).toThrow(
      "loadDino: the checkpoint's encoder is missing (it holds fc.weight, ...); the model's has patch 2",
    );
  }));

test('the whole model loads a released checkpoint; masks of windows and sizes of CLIP are passed over', () =>
  withModules([build({ sarClip: true }, 1), build({ sarClip: true }, 2)], (source, model) => {
    const mask = { shape: [4, 4, 4], data: new Float32Array(64) };
    const released: Dict = new Map([
      ...[...joined(stateDict(source))].filter(([name]) => name.includes('.')),
      ['sem_seg_head.predictor.transformer.layers.0.swin_block.block_2.attn_mask', mask],
      ['sem_seg_head.predictor.clip_model.input_resolution', scalar(16)],
    ]);
    loadMmOvSeg(
      model,
      renamed(released, (name) => `module.${name}`),
    );
    expect(apart(model.call(tinyInputs(1)).logits, source.call(tinyInputs(1)).logits)).toBe(0);
  }));

test('a whole model with another encoder is one error', () => {
  const refused = (other: Parameters<typeof build>[0], message: string): void =>
    withModules([build(other, 1), build({}, 2)], (source, model) => {
      expect(() => loadMmOvSeg(model, stateDict(source))).toThrow(message);
    });
  refused({ vision: { ...tiny.vision, width: 24 } }, "the checkpoint's CLIP image tower has patch 4, width 24");
  refused({ dino: { ...tiny.dino, depth: 4 } }, "loadMmOvSeg: the checkpoint's dino_model has patch 2, width 12, layers 4");
  refused({ useSar: false }, "loadMmOvSeg: the checkpoint's dino_sarmodel is missing (it holds dino_model.cls_token, ");
  refused({ ripd: { ...tiny.ripd, numLayers: 2 } }, 'unexpected keys: sem_seg_head.predictor.transformer.layers.1.');
});
