import { availableParallelism, loadavg } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { countParameters, disposeModule, Random, type Init } from '@rs/nn';
import type { Baseline, BaselineSegmenter } from '../baselines.js';
import { bandsOf, buildBaseline, modelConfig, type ModelSetting } from '../build-model.js';
import { countMacs, type LayerMacs } from '../count-macs.js';
import { capturedForward, forwardOf } from '../forward.js';
import { EDC } from '../model.js';
import type { Row } from '../rows.js';

/** What a network holds and computes. */
export interface NetworkSize {
  readonly label: string;
  readonly parameters: number;
  readonly macs: number; // of one image, by the rule of `countMacs`
  readonly side: number; // pixels of the inputs
}

/** What a network costs: its size, and time on the machine at hand. */
export interface Complexity extends NetworkSize {
  readonly batch: number; // of the throughput
  readonly latency: number; // ms, an image alone; median
  readonly throughput: number; // images/s in batches; median
  readonly engine: string; // with its device
  readonly cores: number;
  readonly load: number; // programs at work on them in the minute before; 0 where the system does not tell
  readonly parts: readonly PartCost[]; // of EDC; empty of other networks
}

/** A part of Fig. 2. */
export interface PartCost {
  readonly name: string;
  readonly parameters: number;
  readonly macs: number; // of one image
}

export interface SizeOptions {
  readonly setting: ModelSetting;
  readonly numClasses: number;
  readonly side: number;
}

export interface ComplexityOptions extends SizeOptions {
  readonly batch: number;
  readonly engine: string;
  readonly eager: boolean;
}

const rounds = 5; // timed, after one that is not

const zeros: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };

/** Counts the parameters of a network that EDC is compared with, all of them, used or not, and the work of one image. */
export function measureSize(baseline: Baseline, { setting, numClasses, side }: SizeOptions): NetworkSize {
  const model = buildBaseline(baseline, setting, numClasses, zeros);
  try {
    const layers = countMacs(model, () => tf.tidy(() => void model.call(randomImages(setting, 1, side), 'eval')));
    return { label: baseline.label, parameters: countParameters(model), macs: sumOfMacs(layers), side };
  } finally {
    disposeModule(model);
  }
}

/** Builds the network of a row from random weights and times its forward pass, float32, maps and reconstruction. */
export function measureComplexity(row: Row | BaselineSegmenter, options: ComplexityOptions): Complexity {
  const { setting, numClasses, side, batch, engine, eager } = options;
  const model =
    'dchf' in row
      ? new EDC(modelConfig(setting, row, numClasses), new Random(0))
      : buildBaseline(row, setting, numClasses, row.init(new Random(0)));
  const forward = capturedForward(forwardOf(model), { eager });
  const inputs = (n: number) => randomImages(setting, n, side);
  const seconds = (n: number): number => {
    const given = inputs(n);
    const times = Array.from({ length: rounds + 1 }, () => {
      const start = performance.now();
      const outputs = forward(given);
      for (const output of Object.values(outputs)) output?.dataSync(); // waits for it
      tf.dispose(outputs);
      return (performance.now() - start) / 1000;
    });
    tf.dispose(given);
    return times.slice(1).sort((a, b) => a - b)[Math.floor(rounds / 2)];
  };
  const [load] = loadavg();
  try {
    const layers = countMacs(model, () => tf.tidy(() => void model.call(inputs(1), 'eval')));
    return {
      label: row.label,
      parameters: countParameters(model),
      macs: sumOfMacs(layers),
      side,
      batch,
      latency: 1000 * seconds(1),
      throughput: batch / seconds(batch),
      engine,
      cores: availableParallelism(),
      load,
      parts: model instanceof EDC ? partsOf(model, layers) : [],
    };
  } finally {
    forward.dispose();
    disposeModule(model);
  }
}

const sumOfMacs = (layers: readonly LayerMacs[]): number => layers.reduce((sum, layer) => sum + layer.macs, 0);

function randomImages(setting: ModelSetting, n: number, side: number): { optical: tf.Tensor4D; sar: tf.Tensor4D } {
  const { optChannels, sarChannels } = bandsOf(setting);
  return {
    optical: tf.randomUniform<tf.Rank.R4>([n, side, side, optChannels], 0, 1, 'float32', 1),
    sar: tf.randomUniform<tf.Rank.R4>([n, side, side, sarChannels], 0, 1, 'float32', 2),
  };
}

function partsOf({ encoder, ssDecoder, ssHead, crDecoder, crHead }: EDC, layers: readonly LayerMacs[]): PartCost[] {
  const parts: readonly [name: string, module: object | undefined, path: string][] = [
    ['optical stream', encoder.opt, 'encoder.opt.'],
    ['SAR stream', encoder.sar, 'encoder.sar.'],
    ['cross-modal stream', encoder.cm, 'encoder.cm.'],
    ['fusion (DCHF), four stages', encoder.fuse, 'encoder.fuse.'],
    ['segmentation decoder', ssDecoder, 'ssDecoder.'],
    ['segmentation head', ssHead, 'ssHead'],
    ['cloud removal decoder', crDecoder, 'crDecoder.'],
    ['cloud removal head', crHead, 'crHead.'],
  ];
  return parts.flatMap(([name, module, path]) => {
    if (!module) return [];
    const macs = sumOfMacs(layers.filter((layer) => layer.name.startsWith(path)));
    return [{ name, parameters: countParameters(module), macs }];
  });
}
