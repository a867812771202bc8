import * as tf from '@tensorflow/tfjs-core';
import type { TrainPass } from '../mode.js';
import { parameters } from '../module-tree.js';
import { after } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';

interface Engine {
  readonly state: { activeTape: unknown };
  gradients(f: () => tf.Tensor, xs: tf.Tensor[], dy: undefined, allowNoGradients: true): { grads: (tf.Tensor | null)[] };
}

export interface Recomputed<I extends readonly tf.Tensor[]> {
  readonly inputs: I;
  readonly module: object; // whose parameters `fn` reads
  readonly mode: TrainPass;
  readonly fn: (inputs: I, mode: TrainPass) => tf.Tensor[];
}

/**
 * `fn(inputs, mode)`, of which the backward pass keeps the inputs alone and computes the rest a second time, Chen et al. 2016: the memory
 * of one block instead of all, for the time of one more forward pass. The same values, draws and statistics; but a parameter that `fn` does
 * not read gets a gradient of zeros instead of none.
 */
export function recomputed<I extends readonly tf.Tensor[]>({ inputs, module, mode, fn }: Recomputed<I>): tf.Tensor[] {
  const variables = [...parameters(module).values()];
  const start = mode.draws;
  return withGradient({
    inputs: numbered<tf.Tensor>([...inputs, ...variables]),
    forward: (save) => {
      save([...inputs]);
      return fn(inputs, mode);
    },
    backward: (dy: tf.Tensor[], saved) => {
      const dys = [dy].flat(); // tfjs hands on that of a single output as it is
      const gradients = tf.tidy(() => {
        const again = mode.replay(start);
        const later = saved.map((x) => after(x, dys[0])) as unknown as I; // not before the backward pass has come here
        // the sum's gradient is the vector-Jacobian product of all outputs
        const weighted = (): tf.Tensor => tf.addN(fn(later, again).map((y, i) => tf.sum(tf.mul(y, dys[i]))));
        const xs = [...later, ...variables];
        const engine = tf.engine() as unknown as Engine;
        const { activeTape } = engine.state; // of the backward pass that is under way; tfjs clears it after one within
        const { grads } = engine.gradients(weighted, xs, undefined, true);
        engine.state.activeTape = activeTape;
        again.dispose();
        return grads.map((gradient, i) => gradient ?? tf.zerosLike(xs[i]));
      });
      return numbered(gradients.map((gradient) => () => gradient));
    },
  });
}

const numbered = <T>(values: readonly T[]): Readonly<Record<string, T>> => Object.fromEntries(values.map((value, i) => [`${i}`, value]));
