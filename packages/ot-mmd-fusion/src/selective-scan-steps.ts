import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';
import { channelsBySteps, statesBySteps, type Chunks } from './selective-scan-chunks.js';

/** What the steps of all chunks need. */
export interface Steps {
  readonly delta: readonly tf.Tensor4D[]; // [G,R,1,E]
  readonly drive: readonly tf.Tensor4D[]; // [G,R,1,E], delta u
  readonly B: readonly tf.Tensor4D[]; // [G,R,N,1]
  readonly C: readonly tf.Tensor4D[]; // [G,R,N,1]
  readonly A: tf.Tensor4D; // [G,1,N,E]
}

const together = 8; // steps in one kernel; more save little time and cost long compilation

export function stepsOf([u, delta, A, B, C]: readonly tf.Tensor[], chunks: Chunks): Steps {
  return {
    delta: channelsBySteps(delta as tf.Tensor4D, chunks),
    drive: channelsBySteps(tf.mul(delta, u) as tf.Tensor4D, chunks),
    B: statesBySteps(B as tf.Tensor4D, chunks),
    C: statesBySteps(C as tf.Tensor4D, chunks),
    A: tf.expandDims(A, 1),
  };
}

/** exp(delta_t A) h_{t-1} + delta_t B_t u_t */
export const nextState = (h: tf.Tensor, { delta, drive, B, A }: Steps, t: number): tf.Tensor4D =>
  tf.add(tf.mul(tf.exp(tf.mul(delta[t], A)), h), tf.mul(drive[t], B[t]));

/** How much a whole chunk lets through of the state that enters it: exp(A sum_t delta_t). [G,R,N,E] */
export const decayOf = ({ delta, A }: Steps): tf.Tensor4D => tf.tidy(() => tf.exp(tf.mul(tf.addN<tf.Tensor4D>([...delta]), A)));

/** `advance(x, t)` for each step t in turn, from x = 0 of the shape [G,R,N,E], several steps a kernel. */
export function fromNothing(
  order: readonly number[],
  { groups, batch, count, states, channels }: Chunks,
  inputs: (t: number) => readonly tf.Tensor[],
  advance: (x: tf.Tensor, t: number) => tf.Tensor,
): tf.Tensor4D {
  let x: tf.Tensor = tf.zeros([groups, batch * count, states, channels]);
  for (let i = 0; i < order.length; i += together) {
    const now = order.slice(i, i + together);
    const [next] = tf.tidy(() => fused([x, ...now.flatMap(inputs)], () => [now.reduce(advance, x)]) as tf.Tensor[]);
    x.dispose();
    x = next;
  }
  return x as tf.Tensor4D;
}
