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

/**
 * Steps of a chunk where the caller names none: about the square root of the length, so that the steps of a chunk and the chunks of a
 * sequence, both run one after the other, are equally few. Powers of two: lengths that are too are cut without a rest.
 */
export const stepsFor = (length: number): number => 2 ** Math.floor(Math.log2(length) / 2);

/** [G,b,L,F] -> [G,R,T,F], with zeros after the end: a step of size 0 changes nothing. */
function cut(x: tf.Tensor4D, { groups, batch, length, steps, count }: Chunks): tf.Tensor4D {
  const missing = steps * count - length;
  const padded = missing === 0 ? x : tf.pad(x, [[0, 0], [0, 0], [0, missing], [0, 0]]); // prettier-ignore
  return tf.reshape(padded, [groups, batch * count, steps, x.shape[3]]);
}

/** [G,b,L,E] -> [G,R,1,E] a step */
export const channelsBySteps = (x: tf.Tensor4D, chunks: Chunks): tf.Tensor4D[] =>
  tf.tidy(() => tf.split(cut(x, chunks), chunks.steps, 2) as tf.Tensor4D[]);

/** [G,b,L,N] -> [G,R,N,1] a step */
export const statesBySteps = (x: tf.Tensor4D, chunks: Chunks): tf.Tensor4D[] =>
  tf.tidy(() => tf.unstack(tf.expandDims(tf.transpose(cut(x, chunks), [2, 0, 1, 3]), 4)) as tf.Tensor4D[]);

/** The way back: [G,R,1,E] a step -> [G,b,L,E]. */
export const channelsInOrder = (parts: tf.Tensor[], chunks: Chunks): tf.Tensor4D =>
  tf.tidy(() => joined(tf.concat(parts as tf.Tensor4D[], 2), chunks));

/** The way back: [G,R,N,1] a step -> [G,b,L,N]. */
export const statesInOrder = (parts: tf.Tensor[], chunks: Chunks): tf.Tensor4D =>
  tf.tidy(() => joined(tf.transpose(tf.concat(parts as tf.Tensor4D[], 3), [0, 1, 3, 2]), chunks));

/** [G,R,T,F] -> [G,b,L,F] */
function joined(x: tf.Tensor4D, { groups, batch, length, steps, count }: Chunks): tf.Tensor4D {
  const whole = tf.reshape<tf.Rank.R4>(x, [groups, batch, steps * count, x.shape[3]]);
  return steps * count === length ? whole : tf.slice(whole, [0, 0, 0, 0], [groups, batch, length, x.shape[3]]);
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
