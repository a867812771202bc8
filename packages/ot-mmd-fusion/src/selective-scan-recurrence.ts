import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';
import { carried, channelsInOrder, stepsFor, type Chunks } from './selective-scan-chunks.js';
import { recurrenceGradients } from './selective-scan-gradients.js';
import { decayOf, fromNothing, nextState, stepsOf } from './selective-scan-steps.js';

/** G groups of E channels with N states each, along L steps of b sequences. */
export interface Recurrence {
  readonly u: tf.Tensor4D; // [G,b,L,E]
  readonly delta: tf.Tensor4D; // [G,b,L,E], at least 0
  readonly A: tf.Tensor3D; // [G,N,E], below 0
  readonly B: tf.Tensor4D; // [G,b,L,N]
  readonly C: tf.Tensor4D; // [G,b,L,N]
  readonly initial?: tf.Tensor4D; // [G,b,N,E], the state before the first step; default 0
}

export interface RecurrenceOutputs {
  readonly y: tf.Tensor4D; // [G,b,L,E]
  readonly lastState: tf.Tensor4D; // [G,b,N,E]
}

/**
 * The selective state-space recurrence, Gu and Dao 2023, algorithm 2, over the third axis:
 *
 *     h_t = exp(delta_t A) h_{t-1} + delta_t B_t u_t,   y_t = sum_n C_t[n] h_t[n]
 *
 * in chunks of `chunk` steps; any size gives the same. The chunks advance together, step by step: once from nothing, which tells what each
 * adds to the state that comes in, and, when these states are known, once from them. The backward pass keeps the inputs and those states.
 */
export function recurrence({ initial, ...given }: Recurrence, chunk?: number): RecurrenceOutputs {
  const [groups, batch, length, channels] = given.u.shape;
  const states = given.A.shape[1];
  const steps = Math.min(chunk ?? stepsFor(length), length);
  const chunks: Chunks = { groups, batch, length, channels, states, steps, count: Math.ceil(length / steps) };
  const run = tf.customGrad((...args) => {
    const inputs = args.slice(0, 6) as tf.Tensor[];
    const save = args[6] as tf.GradSaveFunc;
    const [y, lastState, entering] = advanced(inputs, chunks);
    save([...inputs.slice(0, 5), entering]);
    return {
      value: tf.concat([y, lastState], 2), // an op with a gradient of its own has one output: the rows of y, then those of the state
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.tidy(() => recurrenceGradients(saved, parts(dy as tf.Tensor4D, chunks), chunks)),
    };
  });
  const { u, delta, A, B, C } = given;
  const both = run(u, delta, A, B, C, initial ?? tf.zeros([groups, batch, states, channels])) as tf.Tensor4D;
  const [y, lastState] = parts(both, chunks);
  return { y, lastState };
}

/** Rows of y and rows of the state. [G,b,L+N,E] -> [G,b,L,E], [G,b,N,E] */
const parts = (x: tf.Tensor4D, { groups, batch, length, states, channels }: Chunks): [tf.Tensor4D, tf.Tensor4D] => [
  tf.slice(x, [0, 0, 0, 0], [groups, batch, length, channels]),
  tf.slice(x, [0, 0, length, 0], [groups, batch, states, channels]),
];

/** y, the state after the last step, and the states that enter the chunks, [G,R,N,E]. */
function advanced([u, delta, A, B, C, initial]: tf.Tensor[], chunks: Chunks): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] {
  const steps = stepsOf([u, delta, A, B, C], chunks);
  const of = (t: number): tf.Tensor[] => [steps.delta[t], steps.drive[t], steps.B[t]];
  const added = fromNothing([...steps.delta.keys()], chunks, (t) => [...of(t), steps.A], (h, t) => nextState(h, steps, t)); // prettier-ignore
  const { entering, last } = carried(decayOf(steps), added, initial as tf.Tensor4D, chunks, false);
  let h = entering;
  const ys = steps.delta.map((_, t) => {
    const [next, y] = tf.tidy(
      () =>
        fused([h, ...of(t), steps.C[t], steps.A], () => {
          const state = nextState(h, steps, t);
          return [state, tf.sum(tf.mul(state, steps.C[t]), 2, true)];
        }) as [tf.Tensor4D, tf.Tensor4D],
    );
    if (h !== entering) h.dispose();
    h = next;
    return y;
  });
  return [channelsInOrder(ys, chunks), last, entering];
}
