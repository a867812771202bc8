import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { fasterVitInit, HatLayer } from '@rs/encoders-hat';
import { disposeModule, Random } from '@rs/nn';

/** Attention of stage 3 of FasterViT-0 for square images of one size. */
export interface AttentionCost {
  readonly side: number; // pixels of the image
  readonly pairs: number; // of queries and keys, a head and block: windows with carrier tokens
  readonly dense: number; // the same of dense attention over the tokens without padding
  readonly milliseconds: number; // of the whole stage here, forward, one image; median; NaN where it was not timed
}

const windowTokens = 7 * 7;
const carriers = 2 * 2; // of a window

/** 53^2 n + (4 n)^2 pairs for n windows, against S^2 tokens all with all (spec/edc.md, section 11). */
export function queryKeyPairs(side: number): Pick<AttentionCost, 'pairs' | 'dense'> {
  const tokens = Math.ceil(side / 16);
  const windows = Math.ceil(tokens / 7) ** 2;
  return { pairs: (windowTokens + carriers) ** 2 * windows + (carriers * windows) ** 2, dense: tokens ** 4 };
}

export const timedSides: readonly number[] = [160, 224, 320, 480, 640];
export const countedSides: readonly number[] = [...timedSides, 960, 1280];

/** The stage of six blocks, 256 channels, 8 heads, windows of 7, 2x2 carrier tokens each, timed where `timed` has the side. */
export function attentionCosts(sides: readonly number[], timed: readonly number[]): AttentionCost[] {
  return sides.map((side) => ({ side, ...queryKeyPairs(side), milliseconds: timed.includes(side) ? millisecondsOf(side) : NaN }));
}

const rounds = 5; // timed, after one that is not

function millisecondsOf(side: number): number {
  const tokens = Math.ceil(side / 16);
  const config = { dim: 256, depth: 6, numHeads: 8, windowSize: 7, ctSize: 2, inputResolution: [tokens, tokens] } as const;
  const stage = new HatLayer({ ...config, conv: false, downsample: false }, fasterVitInit(new Random(0)));
  const forward = capture(({ x }: { x: tf.Tensor4D }) => ({ features: stage.call(x, 'eval') }));
  const x = tf.randomUniform<tf.Rank.R4>([1, tokens, tokens, 256], -1, 1, 'float32', 1);
  const times = Array.from({ length: rounds + 1 }, () => {
    const start = performance.now();
    const { features } = forward({ x });
    features.dataSync();
    features.dispose();
    return performance.now() - start;
  });
  forward.dispose();
  x.dispose();
  disposeModule(stage);
  return times.slice(1).sort((a, b) => a - b)[Math.floor(rounds / 2)];
}
