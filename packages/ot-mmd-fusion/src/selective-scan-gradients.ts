import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';
import { carried, channelsBySteps, channelsInOrder, statesInOrder, type Chunks } from './selective-scan-chunks.js';
import { decayOf, fromNothing, nextState, stepsOf } from './selective-scan-steps.js';

/**
 * With g_t the gradient of h_t, g_t = C_t dy_t + a_{t+1} g_{t+1} and a_t = exp(delta_t A): the same recurrence from the other end, in the
 * same chunks. The states are computed a second time.
 *
 * @param saved u, delta, A, B, C and the states that enter the chunks
 * @returns the gradients of u, delta, A, B, C and the initial state
 */
export function recurrenceGradients(saved: tf.Tensor[], [dy, dLast]: readonly [tf.Tensor4D, tf.Tensor4D], chunks: Chunks): tf.Tensor[] {
  const [u, delta, , , , entering] = saved;
  const steps = stepsOf(saved, chunks);
  const dys = channelsBySteps(dy, chunks);
  const { A, B, C, drive } = steps;
  const times = [...dys.keys()];
  const backTimes = times.toReversed();
  const decayed = (q: tf.Tensor, t: number): tf.Tensor => tf.mul(tf.exp(tf.mul(steps.delta[t], A)), tf.add(tf.mul(C[t], dys[t]), q));
  const added = fromNothing(backTimes, chunks, (t) => [steps.delta[t], C[t], dys[t], A], decayed);
  const { entering: returning, last: dInitial } = carried(decayOf(steps), added, dLast, chunks, true);

  const states: tf.Tensor[] = [entering]; // before each step
  const dC = times.map((t) => {
    const [next, part] = tf.tidy(() =>
      fused([states[t], steps.delta[t], drive[t], B[t], dys[t], A], () => {
        const state = nextState(states[t], steps, t);
        return [state, tf.sum(tf.mul(state, dys[t]), 3, true)];
      }),
    );
    states.push(next);
    return part;
  });

  let message: tf.Tensor = returning; // a_{t+1} g_{t+1}
  let dA: tf.Tensor = tf.zerosLike(returning);
  const [dB, sums, rates]: tf.Tensor[][] = [[], [], []];
  for (const t of backTimes) {
    const [back, dANow, dBNow, sum, rate] = tf.tidy(() =>
      fused([message, dA, states[t], steps.delta[t], drive[t], B[t], C[t], dys[t], A], () => {
        const g = tf.add(tf.mul(C[t], dys[t]), message);
        const back = tf.mul(tf.exp(tf.mul(steps.delta[t], A)), g);
        const product = tf.mul(back, states[t]); // a_t g_t h_{t-1}
        return [
          back,
          tf.add(dA, tf.mul(steps.delta[t], product)),
          tf.sum(tf.mul(g, drive[t]), 3, true),
          tf.sum(tf.mul(g, B[t]), 2, true),
          tf.sum(tf.mul(A, product), 2, true),
        ];
      }),
    );
    tf.dispose([message, dA, states[t + 1]]);
    [message, dA] = [back, dANow];
    dB[t] = dBNow;
    sums[t] = sum;
    rates[t] = rate;
  }
  const sum = channelsInOrder(sums, chunks); // sum_n g B
  const dDelta = tf.add(channelsInOrder(rates, chunks), tf.mul(u, sum));
  return [tf.mul(delta, sum), dDelta, tf.sum(dA, 1), statesInOrder(dB, chunks), statesInOrder(dC, chunks), dInitial];
}
