import * as tf from '@tensorflow/tfjs-core';
import { Graph } from './graph.js';
import { nativeBackend } from './native-backend.js';
import { trace } from './trace.js';

let known: boolean | undefined;

/** Whether this build of TensorFlow compiles kernels: some come without XLA. Asked once, by compiling one. */
export function kernelsWork(): boolean {
  return (known ??= tf.tidy(() => tryOne()) as unknown as boolean);
}

function tryOne(): boolean {
  const inputs = { x: tf.ones([2]) };
  try {
    const fn = ({ x }: { x?: tf.Tensor }): { y: tf.Tensor } => ({
      y: (nativeBackend().fuse?.([x as tf.Tensor], () => [tf.neg(x as tf.Tensor)]) as tf.Tensor[])[0],
    });
    const graph = new Graph(trace(fn, inputs, { fuse: true }));
    graph.run(inputs).y.dispose();
    graph.dispose();
    return true;
  } catch {
    return false;
  }
}
