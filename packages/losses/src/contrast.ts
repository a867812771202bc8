import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';

/** Who is compared with whom, by keys that are equal or not. */
export interface ContrastPairs {
  readonly positive: tf.Tensor1D; // [M] int32 below 2^24: j is a positive of i where positive_j = positive_i; i is one of its own
  readonly anchor: tf.Tensor1D; // [M] int32: j is compared with i where anchor_i != target_j, and where it is a positive
  readonly target: tf.Tensor1D; // [M] int32
}

export interface ContrastInputs {
  readonly anchors: tf.Tensor2D; // [M,C]
  readonly targets: tf.Tensor2D; // [M,C]
  readonly pairs: ContrastPairs;
  readonly weights: tf.Tensor1D; // [M] float32, of the anchors; takes no gradient
  readonly temperature: number; // tau
  readonly blockSize?: number; // similarities that are held at a time; default 2^22, 16 MiB
}

/**
 * Sum over the anchors of the log-probability that is missing from their positives P_i among all that they are compared with, J_i:
 *
 *     s_ij = <anchor_i, target_j> / tau,    L = sum_i w_i (logsumexp_{j in J_i} s_ij - logsumexp_{j in P_i} s_ij)
 *     dL/ds_ij = w_i (softmax_{J_i}(s_i)_j - softmax_{P_i}(s_i)_j)
 *
 * The M x M similarities are made in blocks of anchors, and again in the backward pass, which keeps two numbers an anchor: memory of a few blocks.
 *
 * @returns scalar
 */
export function contrast({ anchors, targets, pairs, weights, temperature, blockSize = 2 ** 22 }: ContrastInputs): tf.Scalar {
  const [count, channels] = anchors.shape;
  const rows = Math.max(1, Math.floor(blockSize / count));
  const starts = Array.from({ length: Math.ceil(count / rows) }, (_, block) => block * rows);
  const loss = tf.customGrad((a, t, save) => {
    const keys = [pairs.positive, pairs.anchor, pairs.target].map((key) => tf.cast(key, 'float32'));
    const sums = starts.map((start) => {
      const block = blockOf(a as tf.Tensor2D, start, rows);
      return tf.tidy(() => logSums(similarities(block, t as tf.Tensor2D, temperature), masks(keys, start, rows)));
    });
    const [ofAll, ofPositives] = [0, 1].map((i) => tf.concat(sums.map((pair) => pair[i]))) as [tf.Tensor, tf.Tensor]; // [M,1]
    (save as tf.GradSaveFunc)([a as tf.Tensor, t as tf.Tensor, ofAll, ofPositives, tf.expandDims(weights, 1), ...keys]);
    return {
      value: tf.sum(tf.mul(tf.squeeze(tf.sub(ofAll, ofPositives), [1]), weights)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [from, to, all, positives, weight, ...savedKeys] = saved;
        const scale = tf.mul(weight, tf.div(dy, temperature)); // [M,1]
        let ofTargets: tf.Tensor = tf.zeros([count, channels]);
        const ofAnchors = starts.map((start) => {
          const [ofBlock, toTargets] = tf.tidy(() => {
            const block = blockOf(from as tf.Tensor2D, start, rows);
            const of = (column: tf.Tensor): tf.Tensor => blockOf(column as tf.Tensor2D, start, rows);
            const slope = slopes(
              similarities(block, to as tf.Tensor2D, temperature),
              masks(savedKeys, start, rows),
              of(all),
              of(positives),
              of(scale),
            );
            return [tf.matMul(slope, to as tf.Tensor2D), tf.add(ofTargets, tf.matMul(slope, block, true))];
          });
          ofTargets.dispose(); // one a block would be a copy of the targets each
          ofTargets = toTargets;
          return ofBlock;
        });
        return [tf.concat(ofAnchors), ofTargets];
      },
    };
  });
  return loss(anchors, targets) as tf.Scalar;
}

interface Masks {
  readonly keys: readonly tf.Tensor[]; // the block's positive and anchor keys [b,1], all positive and target keys [1,M]
}

const masks = ([positive, anchor, target]: readonly tf.Tensor[], start: number, rows: number): Masks => {
  const column = (key: tf.Tensor): tf.Tensor => blockOf(tf.expandDims(key, 1) as tf.Tensor2D, start, rows);
  return { keys: [column(positive), column(anchor), tf.expandDims(positive, 0), tf.expandDims(target, 0)] };
};

const blockOf = (x: tf.Tensor2D, start: number, rows: number): tf.Tensor2D =>
  tf.slice(x, [start, 0], [Math.min(rows, x.shape[0] - start), x.shape[1]]);

const similarities = (block: tf.Tensor2D, targets: tf.Tensor2D, temperature: number): tf.Tensor2D =>
  tf.matMul(tf.div(block, temperature), targets, false, true);

/**
 * s where the block's anchors are compared, and where with positives; far below any other value elsewhere, so that its exp is 0. Keys are compared
 * as float32, and masks are added, since a compiled kernel holds such ops.
 */
function restricted(s: tf.Tensor, [positive, anchor, positives, targets]: readonly tf.Tensor[]): [tf.Tensor, tf.Tensor] {
  const apart = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.abs(tf.sub(a, b));
  const isPositive = tf.cast(tf.less(apart(positive, positives), 0.5), 'float32');
  const isCompared = tf.maximum(isPositive, tf.cast(tf.greater(apart(anchor, targets), 0.5), 'float32'));
  const only = (mask: tf.Tensor): tf.Tensor => tf.add(s, tf.mul(tf.sub(mask, 1), outOfReach));
  return [only(isCompared), only(isPositive)];
}

const outOfReach = 1e30;

/** logsumexp over all that are compared, and over the positives; [b,1] each. Both maxima are finite: i is a positive of i. */
const logSums = (s: tf.Tensor, { keys }: Masks): tf.Tensor[] =>
  fused([s, ...keys], () =>
    restricted(s, keys).map((values) => {
      const largest = tf.max(values, 1, true);
      return tf.add(tf.log(tf.sum(tf.exp(tf.sub(values, largest)), 1, true)), largest);
    }),
  );

/** dL/ds of a block, [b,M]. */
const slopes = (s: tf.Tensor, { keys }: Masks, ofAll: tf.Tensor, ofPositives: tf.Tensor, scale: tf.Tensor): tf.Tensor2D =>
  fused([s, ...keys, ofAll, ofPositives, scale], () => {
    const [compared, positives] = restricted(s, keys);
    return [tf.mul(tf.sub(tf.exp(tf.sub(compared, ofAll)), tf.exp(tf.sub(positives, ofPositives))), scale)];
  })[0] as tf.Tensor2D;
