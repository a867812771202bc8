import * as tf from '@tensorflow/tfjs-core';
import { capture, type NamedTensors } from '@rs/engine';
import { edcTotal } from '@rs/losses';
import type { Work } from '../cases.js';
import type { Prepared } from './prepared.js';
import { uniform, wholeNumbers } from './random-tensors.js';

/** EDC's whole objective and its gradients with respect to what the network gives. */
export function prepareLosses({ batch, size, classes, features }: Extract<Work, { kind: 'edc-losses' }>, eager: boolean): Prepared {
  const inputs = {
    logits: uniform([batch, size, size, classes], 1),
    reconstruction: uniform([batch, size, size, 4], 2),
    student: uniform([batch, size / 2, size / 2, features], 3),
    labels: tf.tidy(() => tf.cast(wholeNumbers([batch, size, size], classes, 4), 'int32')),
    mask: wholeNumbers([batch, size, size], 2, 5),
    target: uniform([batch, size, size, 4], 6),
    teacher: uniform([batch, size / 2, size / 2, features], 7),
  };
  const call = ({ logits, reconstruction, student, ...fixed }: typeof inputs): NamedTensors => {
    const total = (l: tf.Tensor, r: tf.Tensor, s: tf.Tensor): tf.Scalar =>
      edcTotal({ ...fixed, logits: l as tf.Tensor4D, reconstruction: r as tf.Tensor4D, student: s as tf.Tensor4D }, { gamma: 1 }).total;
    const { value, grads } = tf.valueAndGrads(total)([logits, reconstruction, student]);
    return { value, logits: grads[0], reconstruction: grads[1], student: grads[2] };
  };
  const captured = capture(call, { eager });
  return {
    run: () => {
      const results = captured(inputs);
      results.value.dataSync();
      tf.dispose(results as tf.TensorContainer);
    },
    dispose: () => {
      captured.dispose();
      tf.dispose(Object.values(inputs));
    },
  };
}
