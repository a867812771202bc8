import * as tf from '@tensorflow/tfjs-core';

type TokenMap = (tokens: tf.Tensor3D) => tf.Tensor3D;

export interface PreNormBlock {
  readonly norm1: { readonly call: TokenMap };
  readonly attention: TokenMap;
  readonly norm2: { readonly call: TokenMap };
  readonly mlp: { readonly call: TokenMap };
}

/**
 * A transformer block with its norms before its branches, Xiong et al. 2020, figure 1 (b): [N,L,C] -> [N,L,C]
 *     x' = x + attention(norm1(x)),   y = x' + mlp(norm2(x'))
 * What the attention needs is free again before the second branch runs, unless gradients are asked for. The parts are handed in, so that
 * each network names its parameters as its checkpoints do.
 */
export function preNormBlock(x: tf.Tensor3D, { norm1, attention, norm2, mlp }: PreNormBlock): tf.Tensor3D {
  return tf.tidy(() => {
    const attended = tf.tidy(() => tf.add<tf.Tensor3D>(x, attention(norm1.call(x))));
    return tf.add<tf.Tensor3D>(attended, mlp.call(norm2.call(attended)));
  });
}
