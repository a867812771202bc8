import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '@rs/weights';

/** `image`: N,C,H,W in the case, NHWC in the packages. `asIs`: the same in both. */
export type Layout = 'image' | 'asIs';

export const defaultLayout = (shape: readonly number[]): Layout => (shape.length === 4 ? 'image' : 'asIs');

/** A case's tensor as the packages take it: floats and masks float32, integers int32. */
export function toTensor(host: HostTensor, layout: Layout): tf.Tensor {
  const integer = host.dtype === 'I32' || host.dtype === 'I64';
  const values = integer ? Int32Array.from(host.data as ArrayLike<number | bigint>, Number) : new Float32Array(host.data as Float32Array);
  return tf.tidy(() => {
    const tensor = tf.tensor(values, [...host.shape], integer ? 'int32' : 'float32');
    return layout === 'image' ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor;
  });
}

/** The way back: values in the case's layout. */
export function toHost(tensor: tf.Tensor, layout: Layout): { shape: number[]; data: ArrayLike<number> } {
  const back = layout === 'image' ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
  const data = back.dataSync(); // not in tf.tidy, which walks through every value that it returns
  if (back !== tensor) back.dispose();
  return { shape: [...back.shape], data };
}
