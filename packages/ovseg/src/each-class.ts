import * as tf from '@tensorflow/tfjs-core';

/*
 * Volumes of T classes are kept as [B T,H,W,C], the classes of an image one after the other: convolutions and attention over
 * pixels see a batch of maps. What all classes of an image share comes as [B,...].
 */

/** x [B T,...] + shared [B,...], the same for each class of an image. */
export function addToEachClass<T extends tf.Tensor>(x: T, shared: tf.Tensor): T {
  const [batch] = shared.shape;
  const classes = tf.reshape(x as tf.Tensor, [batch, -1, shared.size / batch]);
  return tf.reshape(tf.add(classes, tf.reshape(shared, [batch, 1, -1])), x.shape as never) as tf.Tensor as T;
}

/** [B T,H,W,1] -> [B,H,W,T] */
export function classesLast(scores: tf.Tensor4D, batch: number): tf.Tensor4D {
  const [volumes, height, width] = scores.shape;
  const rows = tf.reshape(scores, [batch, volumes / batch, height * width]);
  return tf.reshape(tf.transpose(rows, [0, 2, 1]), [batch, height, width, volumes / batch]);
}
