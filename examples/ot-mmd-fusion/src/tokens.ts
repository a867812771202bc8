import * as tf from '@tensorflow/tfjs-core';
import { SynergisticFusionBlock, type OtMmdSegmenter } from '@rs/ot-mmd-fusion';

/** What a fusion block aligns, and what it makes of it. */
export type StageTokens = {
  readonly xp: tf.Tensor3D; // [N,h w,d] of the image
  readonly xg: tf.Tensor3D; // [N,h w,d] of the second sensor
};

/** The features of each stage that the decoder reads, and the tokens behind them where the variant has any. The network in eval mode. */
export function stagesOf(
  model: OtMmdSegmenter,
  image: tf.Tensor4D,
  aux: tf.Tensor4D,
): { readonly fused: tf.Tensor4D[]; readonly tokens: StageTokens[] } {
  const context = model.vss.call(aux, 'eval');
  const tokens: StageTokens[] = [];
  let x = model.cnn.stem(image, 'eval');
  const fused = model.fusion.map((block, i) => {
    const texture = model.cnn.stage(i, x, 'eval');
    if (block instanceof SynergisticFusionBlock && block.projP && block.projG) {
      tokens.push({ xp: inRows(block.projP.call(texture)), xg: inRows(block.projG.call(context[i])) });
    }
    x = block.call(texture, context[i], 'eval').fused;
    return x;
  });
  return { fused, tokens };
}

/** [N,H,W,C] -> [N,H W,C], row-major */
const inRows = (map: tf.Tensor4D): tf.Tensor3D => tf.reshape(map, [map.shape[0], map.shape[1] * map.shape[2], map.shape[3]]);
