import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { countParameters, disposeModule, Random } from '@rs/nn';
import { modelConfig, type ModelSetting } from '../build-model.js';
import { countMacs, type LayerMacs } from '../count-macs.js';
import { capturedForward } from '../forward.js';
import { EDC } from '../model.js';
import type { Row } from '../rows.js';

/** What a network costs: parameters, multiply-accumulates, and time on the machine at hand. */
export interface Complexity {
  readonly label: string;
  readonly parameters: number;
  readonly macs: number; // of one image, by the rule of `countMacs`
  readonly side: number; // pixels of the inputs
  readonly batch: number; // of the throughput
  readonly latency: number; // ms, an image alone; median
  readonly throughput: number; // images/s in batches; median
  readonly engine: string; // with its device
  readonly cores: number;
  readonly parts: readonly PartCost[];
}

/** A part of Fig. 2. */
export interface PartCost {
  readonly name: string;
  readonly parameters: number;
  readonly macs: number; // of one image
}

export interface ComplexityOptions {
  readonly setting: ModelSetting;
  readonly numClasses: number;
  readonly side: number;
  readonly batch: number;
  readonly engine: string;
  readonly eager: boolean;
}

const rounds = 5; // timed, after one that is not

/** Builds the network of a row from random weights and times its forward pass, float32, maps and reconstruction. */
export function measureComplexity(row: Row, { setting, numClasses, side, batch, engine, eager }: ComplexityOptions): Complexity {
  const config = modelConfig(setting, row, numClasses);
  const { optChannels = 4, sarChannels = 2 } = config;
  const model = new EDC(config, new Random(0));
  const forward = capturedForward(model, { eager });
  const inputs = (n: number) => ({
    optical: tf.randomUniform<tf.Rank.R4>([n, side, side, optChannels], 0, 1, 'float32', 1),
    sar: tf.randomUniform<tf.Rank.R4>([n, side, side, sarChannels], 0, 1, 'float32', 2),
  });
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
  try {
    const layers = countMacs(model, () => tf.tidy(() => void model.call(inputs(1), 'eval')));
    return {
      label: row.label,
      parameters: countParameters(model),
      macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
      side,
      batch,
      latency: 1000 * seconds(1),
      throughput: batch / seconds(batch),
      engine,
      cores: availableParallelism(),
      parts: partsOf(model, layers),
    };
  } finally {
    forward.dispose();
    disposeModule(model);
  }
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
    const macs = layers.filter((layer) => layer.name.startsWith(path)).reduce((sum, layer) => sum + layer.macs, 0);
    return [{ name, parameters: countParameters(module), macs }];
  });
}
