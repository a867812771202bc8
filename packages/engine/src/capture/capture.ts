import * as tf from '@tensorflow/tfjs-core';
import { Graph } from './graph.js';
import { kernelsWork } from './kernels-work.js';
import { isNative } from './native-backend.js';
import { trace, type NamedTensors } from './trace.js';

export type { NamedTensors } from './trace.js';

export interface CaptureOptions {
  readonly eager?: boolean; // true: op by op, to look for a fault; default false
  /** True: variables are taken as they are at the first call, so that TensorFlow can fold them; for inference alone. Default false. */
  readonly frozen?: boolean;
  readonly maxGraphs?: number; // graphs kept, one a set of input shapes; the one not used for longest goes first; default 8
}

/** A function whose calls run as one TensorFlow graph. */
export interface Captured<I extends NamedTensors, O extends NamedTensors> {
  (inputs: I): O;
  /** Frees the graphs; a later call captures again. */
  dispose(): void;
}

/**
 * Records the TensorFlow ops of one call of `fn` and runs them as one graph from then on: the same values to float error, without what each
 * op costs alone. A graph belongs to the shapes and types of the inputs; others are captured when they come.
 *
 * `fn` must be a function of its inputs. Variables that it reads (parameters) are fed with their values at each call, other tensors from
 * outside with themselves. Whatever changes from call to call, seeds and rates too, must come in as a tensor: a JavaScript number is part of the
 * graph for ever. On other engines than TensorFlow it is called as it is.
 *
 * @returns a function of the same inputs; the caller owns what it returns
 * @throws CaptureError at the first call when `fn` reads a value, draws from Math.random or an unseeded op, or assigns a variable: names what and where
 */
export function capture<I extends NamedTensors, O extends NamedTensors>(
  fn: (inputs: I) => O,
  { eager = false, frozen = false, maxGraphs = 8 }: CaptureOptions = {},
): Captured<I, O> {
  const graphs = new Map<string, Graph>(); // least recently used first
  const run = (inputs: I): O => {
    if (eager || !isNative()) return tf.tidy(() => fn(inputs) as unknown as tf.TensorContainer) as unknown as O;
    const key = Object.entries(inputs)
      .map(([name, { shape, dtype }]) => `${name} ${dtype} ${shape}`)
      .join('; ');
    const graph =
      graphs.get(key) ?? new Graph(trace(fn as unknown as (inputs: NamedTensors) => NamedTensors, inputs, { fuse: kernelsWork(), frozen }));
    graphs.delete(key);
    graphs.set(key, graph);
    for (const [oldest, unused] of graphs) {
      if (graphs.size <= maxGraphs) break;
      graphs.delete(oldest);
      unused.dispose();
    }
    return graph.run(inputs) as O;
  };
  return Object.assign(run, {
    dispose: () => {
      for (const graph of graphs.values()) graph.dispose();
      graphs.clear();
    },
  });
}
