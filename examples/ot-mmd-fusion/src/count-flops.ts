import type * as tf from '@tensorflow/tfjs-core';
import { Conv2d, Linear } from '@rs/nn';
import { BidirectionalSsmLayer, FrequencyAwareFusion, SelectiveScan2d, SynergisticFusionBlock } from '@rs/ot-mmd-fusion';

export interface Operations {
  readonly macs: number; // products and sums of convolutions, matrix products and per-pixel filters
  readonly flops: number; // two a MAC, and what the scans and the transport cost take
}

type Layer = object & { call(x: tf.Tensor, ...rest: unknown[]): unknown };
type Rule = (layer: never, inputs: never, output: unknown) => Partial<Operations>;

/** VMamba's count of a selective scan: 9 operations for each sequence, token, channel and state. */
const scan = (sequences: number, tokens: number, channels: number, states: number): number => 9 * sequences * tokens * channels * states;
const elements = (output: unknown): number => (output as tf.Tensor).size;

/** What each type of layer adds beside the layers inside it (spec/ot-mmd-fusion.md, section 10). */
const rules = new Map<unknown, Rule>([
  [Conv2d, ({ weight }: Conv2d, _inputs, y) => ({ macs: (elements(y) * weight.size) / (y as tf.Tensor4D).shape[3] })],
  [Linear, ({ weight }: Linear, _inputs, y) => ({ macs: elements(y) * weight.shape[0] })],
  [
    SelectiveScan2d,
    ({ xProjWeight, dtProjsWeight, A_logs }: SelectiveScan2d, [x]: [tf.Tensor4D]) => {
      const places = x.size / x.shape[3];
      const [channels, states] = A_logs.shape; // of the four paths together
      return { macs: places * (xProjWeight.size + dtProjsWeight.size), flops: scan(1, places, channels, states) };
    },
  ],
  [
    BidirectionalSsmLayer,
    ({ conv1d, A_log }: BidirectionalSsmLayer, [tokens]: [tf.Tensor3D]) => {
      const [batch, length] = tokens.shape;
      const [channels, states] = A_log.shape;
      return { macs: 2 * batch * length * conv1d.weight.size, flops: 2 * scan(batch, length, channels, states) };
    },
  ],
  [
    SynergisticFusionBlock,
    ({ projP }: SynergisticFusionBlock, [f1]: [tf.Tensor4D]) => {
      const [batch, height, width] = f1.shape;
      return { flops: projP ? 2 * batch * (height * width) ** 2 * projP.weight.shape[3] : 0 }; // the cost matrix; both directions share it
    },
  ],
  [
    FrequencyAwareFusion,
    ({ hrChannelCompressor, contentEncoder, contentEncoder2 }: FrequencyAwareFusion, [hr, lr]: [tf.Tensor4D, tf.Tensor4D]) => {
      const [low, high] = [contentEncoder, contentEncoder2].map(({ weight }) => weight.shape[3]); // weights of a filter
      const filtered = high * hrChannelCompressor.weight.shape[3] + low * low + low * high + low * lr.shape[3] + high * hr.shape[3];
      return { macs: (hr.size / hr.shape[3]) * filtered };
    },
  ],
]);

/**
 * Operations of one forward pass, from the layers that run and the shapes they see. Norms, activations, interpolation and what
 * runs in training alone (MMD) do not count.
 *
 * @param module whose layers are watched
 * @param forward runs the module once
 */
export function countFlops(module: object, forward: () => void): Operations {
  let [macs, flops] = [0, 0];
  const watched = layersOf(module);
  for (const [layer, rule] of watched) {
    const call = layer.call.bind(layer);
    layer.call = (...given) => {
      const output = call(...given);
      const added = rule(layer as never, given as never, output);
      macs += added.macs ?? 0;
      flops += 2 * (added.macs ?? 0) + (added.flops ?? 0);
      return output;
    };
  }
  try {
    forward();
  } finally {
    for (const layer of watched.keys()) delete (layer as { call?: unknown }).call; // uncovers the method of the class
  }
  return { macs, flops };
}

function layersOf(module: object): Map<Layer, Rule> {
  const found = new Map<Layer, Rule>();
  const seen = new Set<object>();
  const walk = (owner: object): void => {
    if (seen.has(owner) || ArrayBuffer.isView(owner) || 'dataId' in owner) return;
    seen.add(owner);
    const rule = rules.get(owner.constructor);
    if (rule) found.set(owner as Layer, rule);
    for (const value of Object.values(owner) as unknown[]) if (typeof value === 'object' && value !== null) walk(value);
  };
  walk(module);
  return found;
}
