import * as tf from '@tensorflow/tfjs-core';

/** Windows of a map of tokens, side by side as in the map. */
export interface TokenWindows {
  readonly height: number; // H, of the map
  readonly width: number; // W
  readonly window: number; // k, divides both
}

/** Tokens in row-major order cut into k x k windows, each a sequence of its own: [B,H W,C] -> [B H/k W/k,k k,C] */
export function intoWindows(tokens: tf.Tensor3D, { height, width, window }: TokenWindows): tf.Tensor3D {
  const [batch, , channels] = tokens.shape;
  const rows = tf.reshape(tokens, [(batch * height) / window, window, width / window, window * channels]);
  return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [-1, window * window, channels]);
}

/** The way back: [B H/k W/k,k k,C] -> [B,H W,C] */
export function fromWindows(windows: tf.Tensor3D, { height, width, window }: TokenWindows): tf.Tensor3D {
  const channels = windows.shape[2];
  const rows = tf.reshape(windows, [-1, width / window, window, window * channels]);
  return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [-1, height * width, channels]);
}
