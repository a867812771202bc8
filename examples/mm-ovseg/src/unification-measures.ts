import * as tf from '@tensorflow/tfjs-core';
import { completeTensors } from '@rs/experiments';
import { clipPixels } from '@rs/ovseg';
import { tileBatches, type ClearTile, type Tiles } from './tiles.js';
import type { TokenEncoder } from './train-cmu.js';

/** How near a SAR encoder is to the optical one on held-out pairs, at each tapped block. */
export interface Nearness {
  readonly retrieval: readonly number[]; // share of SAR tokens whose nearest optical token at this position, among all tiles, is their own
  readonly cosine: readonly number[]; // mean, of a SAR token and its own optical token
}

export async function nearness(sarEncoder: TokenEncoder, opticalEncoder: TokenEncoder, tiles: Tiles<ClearTile>): Promise<Nearness> {
  const parts: { sar: tf.Tensor3D[]; optical: tf.Tensor3D[] }[] = [];
  for await (const batch of tileBatches(tiles, 64)) {
    const tensors = completeTensors<'optical' | 'sar' | 'label'>(batch);
    parts.push({ sar: unitTokens(sarEncoder, tensors.sar), optical: unitTokens(opticalEncoder, tensors.optical) });
    tf.dispose(tensors as tf.TensorContainer);
  }
  const blocks = parts[0].sar.map((_, block) => {
    const together = (role: 'sar' | 'optical'): tf.Tensor3D => tf.concat(parts.map((part) => part[role][block])); // [tiles,N,D]
    const [retrieval, cosine] = tf.tidy(() => {
      const [sar, optical] = [together('sar'), together('optical')];
      const [count, length] = sar.shape;
      const byPosition = (tokens: tf.Tensor3D): tf.Tensor3D => tf.transpose(tokens, [1, 0, 2]);
      const nearest = tf.argMax(tf.matMul(byPosition(sar), byPosition(optical), false, true), -1); // [N,tiles]
      const own = tf.tile(tf.reshape(tf.range(0, count, 1, 'int32'), [1, count]), [length, 1]);
      return [tf.mean(tf.cast(tf.equal(nearest, own), 'float32')), tf.mean(tf.sum(tf.mul(sar, optical), -1))].map(
        (value) => value.dataSync()[0],
      );
    });
    return { retrieval, cosine };
  });
  tf.dispose(parts);
  return { retrieval: blocks.map(({ retrieval }) => retrieval), cosine: blocks.map(({ cosine }) => cosine) };
}

const unitTokens = (encoder: TokenEncoder, image: tf.Tensor4D): tf.Tensor3D[] =>
  tf.tidy(() => encoder(clipPixels(image, 1)).map((tokens) => tf.div(tokens, tf.norm(tokens, 'euclidean', -1, true))));
