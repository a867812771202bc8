import * as tf from '@tensorflow/tfjs-core';

/** Sizes of a recurrence that is cut into chunks, which advance side by side: R = b K rows of `steps` steps each. */
export interface Chunks {
  readonly groups: number; // G
  readonly batch: number; // b
  readonly length: number; // L
  readonly channels: number; // E, of a group
  readonly states: number; // N
  readonly steps: number; // of a chunk
  readonly count: number; // K, chunks of a sequence
}

/** [G,b,L,F] as a tensor [G,R,...tail] a step, with zeros after the end: a step of size 0 changes nothing. */
function bySteps(x: tf.Tensor4D, { groups, batch, length, steps, count }: Chunks, tail: readonly [number, number]): tf.Tensor4D[] {
  return tf.tidy(() => {
    const missing = steps * count - length;
    const padded = missing === 0 ? x : tf.pad(x, [[0, 0], [0, 0], [0, missing], [0, 0]]); // prettier-ignore
    const ordered = tf.transpose(tf.reshape(padded, [groups, batch * count, steps, x.shape[3]]), [2, 0, 1, 3]);
    return tf.unstack(tf.reshape(ordered, [steps, groups, batch * count, ...tail])) as tf.Tensor4D[];
  });
}

/** [G,b,L,E] -> [G,R,1,E] a step */
export const channelsBySteps = (x: tf.Tensor4D, chunks: Chunks): tf.Tensor4D[] => bySteps(x, chunks, [1, chunks.channels]);

/** [G,b,L,N] -> [G,R,N,1] a step */
export const statesBySteps = (x: tf.Tensor4D, chunks: Chunks): tf.Tensor4D[] => bySteps(x, chunks, [chunks.states, 1]);

/** The way back: [G,R,1,E] or [G,R,N,1] a step -> [G,b,L,F]. */
export function inOrder(parts: readonly tf.Tensor[], { groups, batch, length, steps, count }: Chunks): tf.Tensor4D {
  return tf.tidy(() => {
    const features = parts[0].size / (groups * batch * count);
    const stacked = tf.reshape(tf.stack([...parts]), [steps, groups, batch * count, features]);
    const whole = tf.reshape<tf.Rank.R4>(tf.transpose(stacked, [1, 2, 0, 3]), [groups, batch, steps * count, features]);
    return steps * count === length ? whole : tf.slice(whole, [0, 0, 0, 0], [groups, batch, length, features]);
  });
}

/**
 * x_k = decay_k x_{k-1} + addition_k from chunk to chunk, K small steps.
 *
 * @param decay [G,R,N,E]
 * @param addition [G,R,N,E]
 * @param first [G,b,N,E], x before all chunks
 * @param backwards from the last chunk to the first
 * @returns x before each chunk, [G,R,N,E], and after all, [G,b,N,E]
 */
export function carried(
  decay: tf.Tensor4D,
  addition: tf.Tensor4D,
  first: tf.Tensor4D,
  { groups, batch, count, states, channels }: Chunks,
  backwards: boolean,
): { readonly entering: tf.Tensor4D; readonly last: tf.Tensor4D } {
  if (count === 1) return { entering: first, last: tf.tidy(() => tf.add(tf.mul(decay, first), addition)) };
  const [entering, last] = tf.tidy(() => {
    const [decays, additions] = [decay, addition].map((x) => tf.unstack(tf.reshape(x, [groups, batch, count, states, channels]), 2));
    const order = (i: number): number => (backwards ? count - 1 - i : i);
    const before = new Array<tf.Tensor>(count);
    let x: tf.Tensor = first;
    for (let i = 0; i < count; i++) {
      before[order(i)] = x;
      x = tf.add(tf.mul(decays[order(i)], x), additions[order(i)]);
    }
    return [tf.reshape(tf.stack(before, 2), decay.shape), x] as [tf.Tensor4D, tf.Tensor4D];
  });
  return { entering, last };
}
