import * as tf from '@tensorflow/tfjs-core';

/**
 * Cuts an image into square windows: [N, a s, b s, C] -> [N a b, s s, C], windows and the tokens in each row by row. Channels
 * ride along with the columns, so that rank 4 is enough for the transposition.
 */
export function partitionWindows(image: tf.Tensor4D, size: number): tf.Tensor3D {
  const [n, height, width, channels] = image.shape;
  const [rows, columns] = [height / size, width / size];
  const strips = tf.reshape(image, [n * rows, size, columns, size * channels]);
  return tf.reshape(tf.transpose(strips, [0, 2, 1, 3]), [n * rows * columns, size * size, channels]);
}

/** The inverse: [N a b, s s, C] with grid [a, b] -> [N, a s, b s, C]. */
export function mergeWindows(windows: tf.Tensor3D, [rows, columns]: readonly [number, number]): tf.Tensor4D {
  const [count, tokens, channels] = windows.shape;
  const size = Math.sqrt(tokens);
  const strips = tf.reshape(windows, [count / columns, columns, size, size * channels]);
  return tf.reshape(tf.transpose(strips, [0, 2, 1, 3]), [count / (rows * columns), rows * size, columns * size, channels]);
}
