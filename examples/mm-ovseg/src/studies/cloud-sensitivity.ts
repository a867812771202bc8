import * as tf from '@tensorflow/tfjs-core';
import { completeTensors } from '@rs/experiments';
import type { DinoViT, MmOvSeg } from '@rs/ovseg';
import { tileBatches, type Tile, type Tiles } from '../tiles.js';
import { clipMap, dinoMap, shareOfCells, type Grids } from './encoder-maps.js';
import { WeightedMean } from './weighted-mean.js';

/** What clouds change in each encoder's map of the optical image: 1 - cosine of its features without and with them, the mean under clouds. */
export interface Sensitivity {
  readonly clip: number; // the dense map z
  readonly dino: number; // the deepest block
}

/** @param cloudy the places of `clear`, in the same order; their masks tell where features count */
export async function cloudSensitivity(model: MmOvSeg, grids: Grids, clear: Tiles<Tile>, cloudy: Tiles<Tile>): Promise<Sensitivity> {
  const encoders = {
    clip: (image: tf.Tensor4D) => clipMap(model, image, grids),
    dino: (image: tf.Tensor4D) => dinoMap(model.dinoModel as DinoViT, image, grids),
  };
  const means = { clip: new WeightedMean(), dino: new WeightedMean() };
  const unclouded = tileBatches(clear, 32);
  for await (const batch of tileBatches(cloudy, 32)) {
    const before = completeTensors<'optical'>((await unclouded.next()).value as Tile[]);
    const after = completeTensors<'optical' | 'cloudMask'>(batch);
    tf.tidy(() => {
      for (const name of ['clip', 'dino'] as const) {
        const [x, y] = [encoders[name](before.optical), encoders[name](after.optical)];
        means[name].add(tf.sub(1, cosine(x, y)), shareOfCells(after.cloudMask, [x.shape[1], x.shape[2]]));
      }
    });
    tf.dispose([before as tf.TensorContainer, after as tf.TensorContainer]);
  }
  return { clip: means.clip.value, dino: means.dino.value };
}

/** [B,h,w,D] twice -> [B,h,w] */
function cosine(x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor {
  const length = (map: tf.Tensor4D): tf.Tensor => tf.sqrt(tf.sum(tf.square(map), -1));
  return tf.div(tf.sum(tf.mul(x, y), -1), tf.mul(length(x), length(y)));
}
