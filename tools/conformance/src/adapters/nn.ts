import { isDeepStrictEqual } from 'node:util';
import {
  adaptiveAvgPool2d,
  avgPool2d,
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  disposeModule,
  gelu,
  GroupNorm,
  InstanceNorm2d,
  LayerNorm,
  LayerNorm2d,
  Linear,
  loadStateDict,
  maxPool2d,
  MultiHeadAttention,
  pad2d,
  Random,
  resize,
  stateDict,
  torchInit,
  type BatchNorm2dConfig,
  type Conv2dConfig,
  type ConvTranspose2dConfig,
  type GroupNormConfig,
  type Init,
  type InstanceNorm2dConfig,
  type LayerNorm2dConfig,
  type LayerNormConfig,
  type LinearConfig,
  type MultiHeadAttentionConfig,
  type Pad2dOptions,
  type Pool2dOptions,
  type ResizeOptions,
} from '@rs/nn';
import { SpatialGate } from '@rs/dchf';
import { readSafetensors } from '@rs/weights';
import { functionCase, moduleCase, type Adapters } from '../adapter.js';
import type { Case } from '../case.js';
import { exact, Mismatch, type Deviation } from '../compare.js';

const modules: Readonly<Record<string, (config: object, init: Init) => object>> = {
  'dchf/SpatialGate': (config, init) => new SpatialGate(config, init),
};

/** Builds the module that the config names and loads the file into it; a refusal must change no value. */
async function loadCase({ config, locate }: Case): Promise<Deviation> {
  if (!Object.hasOwn(modules, config.module))
    throw new Mismatch(`no module ${config.module}; there are ${Object.keys(modules).join(', ')}`);
  const module = modules[config.module](config.moduleConfig, torchInit(new Random(0)));
  const before = stateDict(module);
  try {
    loadStateDict(module, await readSafetensors(locate(config.file)), { strict: config.strict });
  } catch (error) {
    if (!isDeepStrictEqual(stateDict(module), before)) throw new Mismatch('values were changed although loading failed');
    throw error;
  } finally {
    disposeModule(module);
  }
  return exact;
}

export const adapters: Adapters = {
  'nn/Conv2d': moduleCase({ build: (config, init) => new Conv2d(config as Conv2dConfig, init), call: (layer, { x }) => layer.call(x) }),
  'nn/ConvTranspose2d': moduleCase({
    build: (config, init) => new ConvTranspose2d(config as ConvTranspose2dConfig, init),
    call: (layer, { x }) => layer.call(x),
  }),
  'nn/Linear': moduleCase({ build: (config, init) => new Linear(config as LinearConfig, init), call: (layer, { x }) => layer.call(x) }),
  'nn/BatchNorm2d': moduleCase({
    build: (config) => new BatchNorm2d(config as BatchNorm2dConfig),
    call: (layer, { x }, mode) => layer.call(x, mode),
  }),
  'nn/LayerNorm': moduleCase({ build: (config) => new LayerNorm(config as LayerNormConfig), call: (layer, { x }) => layer.call(x) }),
  'nn/LayerNorm2d': moduleCase({ build: (config) => new LayerNorm2d(config as LayerNorm2dConfig), call: (layer, { x }) => layer.call(x) }),
  'nn/GroupNorm': moduleCase({ build: (config) => new GroupNorm(config as GroupNormConfig), call: (layer, { x }) => layer.call(x) }),
  'nn/InstanceNorm2d': moduleCase({
    build: (config) => new InstanceNorm2d(config as InstanceNorm2dConfig),
    call: (layer, { x }) => layer.call(x),
  }),
  'nn/MultiHeadAttention': moduleCase({
    build: (config, init) => new MultiHeadAttention(config as MultiHeadAttentionConfig, init),
    call: (layer, { x, mask }) => layer.call(x, mask),
  }),
  'nn/gelu': functionCase(({ x }, { approximate }) => gelu(x, approximate)),
  'nn/maxPool2d': functionCase(({ x }, config) => maxPool2d(x, config as Pool2dOptions)),
  'nn/avgPool2d': functionCase(({ x }, config) => avgPool2d(x, config as Pool2dOptions)),
  'nn/adaptiveAvgPool2d': functionCase(({ x }, { outputSize }) => adaptiveAvgPool2d(x, outputSize)),
  'nn/resize': functionCase(({ x }, config) => resize(x, config as ResizeOptions)),
  'nn/loadStateDict': loadCase,
  'nn/pad2d': functionCase(({ x }, config) => pad2d(x, config as Pad2dOptions)),
};
