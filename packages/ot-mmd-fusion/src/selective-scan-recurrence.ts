import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';

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
 * in chunks of `chunk` steps. The chunks advance together, step by step: once from nothing, which tells what each adds to the state that
 * comes in, and, when these states are known, once from them.
 */
export function recurrence({ u, delta, A, B, C, initial }: Recurrence, chunk = 32): RecurrenceOutputs {
  const [groups, batch, , channels] = u.shape;
  const start = initial ?? tf.zeros<tf.Rank.R4>([groups, batch, A.shape[1], channels]);
  const shape = chunked(u.shape, A.shape[1], chunk);
  const run = tf.customGrad((...given) => {
    const [u, delta, A, B, C, start] = given as tf.Tensor[] as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor3D,
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const save = given[6] as tf.GradSaveFunc;
    const steps = stepsOf(u, delta, B, shape);
    const decays = tf.expandDims<tf.Tensor4D>(A, 1); // [G,1,N,E]
    const { entering, last } = carried(steps, decays, start, shape);
    save([u, delta, A, B, C, entering]);
    return {
      // one tensor, because an op with its own gradient has one output: the rows of y, then those of the state
      value: tf.concat([outputs(steps, readouts(C, shape), decays, entering, shape), last], 2),
      gradFunc: (dy: tf.Tensor, [u, delta, A, B, C, entering]: tf.Tensor[]) => {
        const [dys, dLast] = rows(dy as tf.Tensor4D, shape);
        return tf.tidy(() => backward({ u, delta, A, B, C, entering, dy: dys, dLast, shape }));
      },
    };
  });
  const [y, lastState] = rows(run(u, delta, A, B, C, start) as tf.Tensor4D, shape);
  return { y, lastState };
}

const rows = (x: tf.Tensor4D, { groups, batch, length, states, channels }: Shape): [tf.Tensor4D, tf.Tensor4D] => [
  tf.slice(x, [0, 0, 0, 0], [groups, batch, length, channels]),
  tf.slice(x, [0, 0, length, 0], [groups, batch, states, channels]),
];

interface Shape {
  readonly groups: number;
  readonly batch: number;
  readonly length: number;
  readonly channels: number;
  readonly states: number;
  readonly chunk: number;
  readonly chunks: number;
}

function chunked([groups, batch, length, channels]: tf.Tensor4D['shape'], states: number, wanted: number): Shape {
  const chunk = Math.min(wanted, length);
  return { groups, batch, length, channels, states, chunk, chunks: Math.ceil(length / chunk) };
}

/** What one step needs, of all chunks. R = b K rows. */
interface Step {
  readonly delta: tf.Tensor4D; // [G,R,1,E]
  readonly drive: tf.Tensor4D; // [G,R,1,E], delta u
  readonly B: tf.Tensor4D; // [G,R,N,1]
}

function stepsOf(u: tf.Tensor4D, delta: tf.Tensor4D, B: tf.Tensor4D, shape: Shape): Step[] {
  const deltas = alongChannels(delta, shape);
  const drives = alongChannels(tf.mul(delta, u), shape);
  const Bs = alongStates(B, shape);
  return deltas.map((step, t) => ({ delta: step, drive: drives[t], B: Bs[t] }));
}

const alongChannels = (x: tf.Tensor4D, shape: Shape): tf.Tensor4D[] => sliced(x, shape, [1, shape.channels]);
const alongStates = (x: tf.Tensor4D, shape: Shape): tf.Tensor4D[] => sliced(x, shape, [shape.states, 1]);
const readouts = (C: tf.Tensor4D, shape: Shape): tf.Tensor4D[] => alongStates(C, shape);

/** [G,b,L,F] as one tensor [G,R,...] a step, with zeros after the end. */
function sliced(x: tf.Tensor4D, { groups, batch, length, chunk, chunks }: Shape, tail: [number, number]): tf.Tensor4D[] {
  const missing = chunk * chunks - length;
  const padded = missing === 0 ? x : tf.pad(x, [[0, 0], [0, 0], [0, missing], [0, 0]]); // prettier-ignore
  const ordered = tf.transpose(tf.reshape(padded, [groups, batch * chunks, chunk, x.shape[3]]), [2, 0, 1, 3]);
  return tf.unstack(tf.reshape(ordered, [chunk, groups, batch * chunks, ...tail])) as tf.Tensor4D[];
}

/** The way back: a tensor [G,R,1,E] or [G,R,N,1] a step -> [G,b,L,F]. */
function joined(steps: tf.Tensor[], { groups, batch, length, chunk, chunks }: Shape): tf.Tensor4D {
  const features = steps[0].size / (groups * batch * chunks);
  const ordered = tf.reshape<tf.Rank.R4>(tf.stack(steps), [chunk, groups, batch * chunks, features]);
  const whole = tf.reshape<tf.Rank.R4>(tf.transpose(ordered, [1, 2, 0, 3]), [groups, batch, chunk * chunks, features]);
  return chunk * chunks === length ? whole : tf.slice(whole, [0, 0, 0, 0], [groups, batch, length, features]);
}

const advanced = (h: tf.Tensor4D, { delta, drive, B }: Step, A: tf.Tensor4D): tf.Tensor4D =>
  tf.add(tf.mul(tf.exp(tf.mul(delta, A)), h), tf.mul(drive, B));

/** The state that enters each chunk, [G,R,N,E], and the state after the last, [G,b,N,E]. */
function carried(
  steps: readonly Step[],
  A: tf.Tensor4D,
  start: tf.Tensor4D,
  { groups, batch, chunks, states, channels }: Shape,
): { entering: tf.Tensor4D; last: tf.Tensor4D } {
  const nothing = tf.zeros<tf.Rank.R4>([groups, batch * chunks, states, channels]);
  const added = steps.reduce((h, step) => advanced(h, step, A), nothing); // [G,R,N,E]
  const decay = tf.exp(tf.mul(tf.addN<tf.Tensor4D>(steps.map(({ delta }) => delta)), A)); // [G,R,N,E]
  const perChunk = (x: tf.Tensor4D): tf.Tensor4D[] => tf.unstack(tf.reshape(x, [groups, batch, chunks, states, channels]), 2) as tf.Tensor4D[]; // prettier-ignore
  const [decays, additions] = [perChunk(decay as tf.Tensor4D), perChunk(added)];
  const states_ = [start];
  for (let k = 0; k < chunks; k++) states_.push(tf.add(tf.mul(decays[k], states_[k]), additions[k]));
  const last = states_[chunks];
  const entering = tf.reshape<tf.Rank.R4>(tf.stack(states_.slice(0, chunks), 2), [groups, batch * chunks, states, channels]);
  return { entering, last };
}

function outputs(steps: readonly Step[], Cs: readonly tf.Tensor4D[], A: tf.Tensor4D, entering: tf.Tensor4D, shape: Shape): tf.Tensor4D {
  let h = entering;
  const ys = steps.map((step, t) => {
    const inputs = [h, step.delta, step.drive, step.B, Cs[t], A];
    const [next, y] = fused(inputs, () => {
      const state = advanced(h, step, A);
      return [state, tf.sum<tf.Tensor4D>(tf.mul(state, Cs[t]), 2, true)];
    });
    h = next;
    return y;
  });
  return joined(ys, shape);
}

type Saved = Record<'u' | 'delta' | 'A' | 'B' | 'C' | 'entering', tf.Tensor>;

/**
 * With g_t the gradient of h_t, g_t = C_t dy_t + a_{t+1} g_{t+1} and a_t = exp(delta_t A): the same recurrence from the other end, in the
 * same chunks. The states are computed a second time.
 */
function backward(given: Saved & { readonly dy: tf.Tensor; readonly dLast: tf.Tensor; readonly shape: Shape }): tf.Tensor[] {
  const { shape } = given;
  const [u, delta, B, C, dy, dLast, entering] = (['u', 'delta', 'B', 'C', 'dy', 'dLast', 'entering'] as const).map(
    (name) => given[name] as tf.Tensor4D,
  );
  const A = tf.expandDims<tf.Tensor4D>(given.A, 1); // [G,1,N,E]
  const steps = stepsOf(u, delta, B, shape);
  const Cs = readouts(C, shape);
  const dys = alongChannels(dy, shape);
  const { returning, start } = returned(steps, Cs, dys, A, dLast, shape);

  const states = [entering]; // before each step
  const dCs = steps.map((step, t) => {
    const [next, dC] = fused([states[t], step.delta, step.drive, step.B, dys[t], A], () => {
      const state = advanced(states[t], step, A);
      return [state, tf.sum(tf.mul(state, dys[t]), 3, true)];
    });
    states.push(next);
    return dC;
  });

  let message = returning; // a_{t+1} g_{t+1}
  let dA: tf.Tensor4D = tf.zerosLike(returning);
  const [dBs, sums, decayed]: tf.Tensor[][] = [[], [], []];
  for (let t = steps.length - 1; t >= 0; t--) {
    const step = steps[t];
    const results = fused([message, dA, states[t], step.delta, step.drive, step.B, Cs[t], dys[t], A], () => {
      const g = tf.add(tf.mul(Cs[t], dys[t]), message);
      const back = tf.mul(tf.exp(tf.mul(step.delta, A)), g);
      const product = tf.mul(back, states[t]); // a_t g_t h_{t-1}
      return [
        back,
        tf.add(dA, tf.mul(step.delta, product)),
        tf.sum(tf.mul(g, step.drive), 3, true),
        tf.sum(tf.mul(g, step.B), 2, true),
        tf.sum(tf.mul(A, product), 2, true),
      ] as const;
    });
    message = results[0] as tf.Tensor4D;
    dA = results[1] as tf.Tensor4D;
    dBs.unshift(results[2]);
    sums.unshift(results[3]);
    decayed.unshift(results[4]);
  }
  const sum = joined(sums, shape); // sum_n g B
  const dDelta = tf.add(joined(decayed, shape), tf.mul(u, sum));
  return [tf.mul(delta, sum), dDelta, tf.sum(dA, 1), joined(dBs, shape), joined(dCs, shape), start];
}

/** The gradient a_{t+1} g_{t+1} that comes back into each chunk's end, [G,R,N,E], and into the state before the first step. */
function returned(
  steps: readonly Step[],
  Cs: readonly tf.Tensor4D[],
  dys: readonly tf.Tensor4D[],
  A: tf.Tensor4D,
  dLast: tf.Tensor4D,
  { groups, batch, chunks, states, channels }: Shape,
): { returning: tf.Tensor4D; start: tf.Tensor4D } {
  const nothing = tf.zeros<tf.Rank.R4>([groups, batch * chunks, states, channels]);
  const added = steps.reduceRight<tf.Tensor4D>(
    (q, step, t) => tf.mul(tf.exp(tf.mul(step.delta, A)), tf.add(q, tf.mul(Cs[t], dys[t]))),
    nothing,
  );
  const decay = tf.exp(tf.mul(tf.addN<tf.Tensor4D>(steps.map(({ delta }) => delta)), A)); // [G,R,N,E]
  const perChunk = (x: tf.Tensor4D): tf.Tensor4D[] => tf.unstack(tf.reshape(x, [groups, batch, chunks, states, channels]), 2) as tf.Tensor4D[]; // prettier-ignore
  const [decays, additions] = [perChunk(decay as tf.Tensor4D), perChunk(added)];
  const messages = [dLast];
  for (let k = chunks - 1; k >= 0; k--) messages.unshift(tf.add(tf.mul(decays[k], messages[0]), additions[k]));
  return {
    start: messages[0],
    returning: tf.reshape<tf.Rank.R4>(tf.stack(messages.slice(1), 2), [groups, batch * chunks, states, channels]),
  };
}
