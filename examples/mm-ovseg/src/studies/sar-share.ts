import * as tf from '@tensorflow/tfjs-core';
import { completeTensors } from '@rs/experiments';
import type { DinoViT, MmOvSeg } from '@rs/ovseg';
import { tileBatches, type Tile, type Tiles } from '../tiles.js';
import { dinoMap, shareOfCells, type Grids } from './encoder-maps.js';
import { WeightedMean } from './weighted-mean.js';

/**
 * How much of the fused DINO map is SAR: |s| / (|o| + |s|), o and s the optical and the SAR term of `down`, the mean under clouds. Nothing in the sum
 * of both gates by the quality of the scene: where the share rises with opacity, it is because the optical term shrinks.
 */
export async function sarShare(model: MmOvSeg, grids: Grids, tiles: Tiles<Tile>): Promise<number> {
  const mean = new WeightedMean();
  for await (const batch of tileBatches(tiles, 32)) {
    const tensors = completeTensors<'optical' | 'sar' | 'label' | 'cloudMask'>(batch);
    tf.tidy(() => {
      const length = (map: tf.Tensor4D): tf.Tensor => tf.sqrt(tf.sum(tf.square(map), -1)); // [B,h,w]
      const optical = model.dinoDownSample!.call(dinoMap(model.dinoModel as DinoViT, tensors.optical, grids));
      const sar = model.dinoSardownSample!.call(dinoMap(model.dinoSarmodel as DinoViT, tensors.sar, grids));
      const share = tf.div(length(sar), tf.add(length(optical), length(sar)));
      mean.add(share, shareOfCells(tensors.cloudMask, [sar.shape[1], sar.shape[2]]));
    });
    tf.dispose(tensors as tf.TensorContainer);
  }
  return mean.value;
}
