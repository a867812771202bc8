import * as tf from '@tensorflow/tfjs-core';
import { cosineCost, gaussianMmd2, hardTransport, localAlign } from '@rs/ot-mmd-fusion';
import type { StageTokens } from './tokens.js';

/** Who goes with whom in one stage of some scenes, means over their tokens and both directions; spec/ot-mmd-fusion.md, section 13. */
export interface StageMatching {
  readonly ownPlace: number; // share of tokens whose partner lies at their own place
  readonly nearby: number; // share whose partner lies within one token, diagonals included
  readonly cosine: number; // of the partners, mean
  readonly hit: number; // share of tokens that are anyone's partner
  readonly mmd2: number; // MMD^2 of moved tokens and those they were moved to, both directions added, as the loss has it
  readonly mmd2Unmoved: number; // the same of the tokens as they are
}

/** [N,h w,d] tokens of square maps. */
export function stageMatching({ xp, xg }: StageTokens): StageMatching {
  const [batch, count] = xp.shape;
  const side = Math.round(Math.sqrt(count));
  const found = tf.tidy(() => {
    const { assignP2g, assignG2p, costP2g, costG2p } = hardTransport(cosineCost(xp, xg));
    const { alignedP, alignedG } = localAlign(xp, xg, { normalization: 'barycentric' });
    return {
      there: assignP2g,
      back: assignG2p,
      cost: tf.mean(tf.add(costP2g, costG2p)),
      moved: tf.mean(tf.add(gaussianMmd2(alignedP, xg, kernel), gaussianMmd2(alignedG, xp, kernel))),
      unmoved: tf.mean(gaussianMmd2(xp, xg, kernel)),
    };
  });
  const partners = [found.there, found.back].map((assignment) => [...assignment.dataSync()]);
  const [cost, moved, unmoved] = [found.cost, found.moved, found.unmoved].map((scalar) => scalar.dataSync()[0]);
  tf.dispose(found);
  const share = (holds: (token: number, partner: number) => boolean): number => {
    const counts = partners.map((of) => of.reduce((sum, partner, i) => sum + (holds(i % count, partner) ? 1 : 0), 0));
    return (counts[0] + counts[1]) / (2 * batch * count);
  };
  const column = (token: number): number => token % side;
  const row = (token: number): number => Math.floor(token / side);
  const hits = partners.map((of) => new Set(of.map((partner, i) => Math.floor(i / count) * count + partner)).size);
  return {
    ownPlace: share((token, partner) => token === partner),
    nearby: share((token, partner) => Math.abs(column(token) - column(partner)) <= 1 && Math.abs(row(token) - row(partner)) <= 1),
    cosine: 1 - cost / 2,
    hit: (hits[0] + hits[1]) / (2 * batch * count),
    mmd2: moved,
    mmd2Unmoved: 2 * unmoved,
  };
}

const kernel = { maxTokens: 1024 };
