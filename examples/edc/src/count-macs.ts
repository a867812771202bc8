import type * as tf from '@tensorflow/tfjs-core';
import { EcaGate } from '@rs/dchf';
import { BatchNorm2d, Conv2d, ConvTranspose2d, LayerNorm, LayerNorm2d, Linear } from '@rs/nn';
import { watchCalls, type Layer } from './watch-calls.js';

export interface LayerMacs {
  readonly name: string; // path of the layer in the module: "opt.patchEmbed.convDown.0"
  readonly layer: string; // its class
  readonly macs: number; // of one forward pass, all calls together
}

interface Rule {
  readonly of: abstract new (...args: never[]) => object;
  readonly macs: (layer: never, input: tf.Tensor, output: tf.Tensor) => number;
}

/**
 * What `thop` counts for each type of layer: one a product and sum, biases free, four a normalised element (two, doubled when
 * affine). A transposed convolution counts as if every output saw the whole kernel. LayerNorm2d counts nothing, for thop looks types up exactly and finds no rule for timm's subclass of LayerNorm.
 */
const rules: readonly Rule[] = [
  { of: Conv2d, macs: ({ weight }: Conv2d, _x, y) => y.size * weight.shape[0] * weight.shape[1] * weight.shape[2] },
  { of: ConvTranspose2d, macs: ({ weight }: ConvTranspose2d, _x, y) => y.size * weight.shape[0] * weight.shape[1] * weight.shape[3] },
  { of: Linear, macs: ({ weight }: Linear, _x, y) => y.size * weight.shape[0] },
  { of: BatchNorm2d, macs: (_layer: BatchNorm2d, x) => 4 * x.size },
  { of: LayerNorm, macs: (_layer: LayerNorm, x) => 4 * x.size },
  { of: LayerNorm2d, macs: () => 0 },
  { of: EcaGate, macs: ({ conv }: EcaGate, z) => z.size * conv.weight.size },
];

/**
 * A module that its owner lists under two names gets two of thop's hooks, and their sum is added up twice: the depthwise convolution
 * of FasterViT's tokenizer (`pos_embed` and `to_global_feature.pos`) counts four times.
 */
const timesCounted = (name: string): number => (/globalTokenizer\.posEmbed$/.test(name) ? 4 : 1);

/**
 * Multiply-accumulates of one forward pass by the rule behind the paper's Table IV (`thop` 0.1, module hooks): convolutions, linear
 * layers and norms, from the layers that run and the shapes they see; products of attention, interpolation and elementwise functions
 * are not counted, nor here the average pooling of the tokenizers (0.01 M). Divide by the batch size for one image.
 *
 * @param module whose layers are watched
 * @param forward runs the module once
 * @returns the layers that ran, in the order of the module's fields
 */
export function countMacs(module: object, forward: () => void): LayerMacs[] {
  const counted = new Map(layersOf(module).map((found) => [found.layer, { ...found, macs: 0 }]));
  const count = (layer: Layer, output: tf.Tensor, x: tf.Tensor): void => {
    const entry = counted.get(layer)!;
    entry.macs += timesCounted(entry.name) * entry.rule.macs(layer as never, x, output);
  };
  watchCalls([...counted.keys()], count, forward);
  return [...counted.values()]
    .filter(({ macs }) => macs > 0)
    .map(({ name, layer, macs }) => ({ name, layer: layer.constructor.name, macs }));
}

function layersOf(module: object): { name: string; layer: Layer; rule: Rule }[] {
  const found = new Map<object, { name: string; layer: Layer; rule: Rule }>();
  const walk = (owner: object, prefix: string): void => {
    for (const [field, value] of Object.entries(owner)) {
      if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || found.has(value)) continue;
      const name = prefix + field;
      const rule = rules.find(({ of }) => value instanceof of);
      if (rule) found.set(value, { name, layer: value as Layer, rule });
      else if (!('dataId' in value)) walk(value, `${name}.`);
    }
  };
  walk(module, '');
  return [...found.values()];
}
