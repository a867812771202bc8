import * as tf from '@tensorflow/tfjs-core';
import { resize } from '@rs/nn';
import { gradCam } from './grad-cam.js';
import type { Modality, Stage, StarsModel } from './stars-model.js';

export interface ClassActivationInputs {
  readonly modality: Modality;
  readonly x: tf.Tensor4D; // [N,H,W,C] of that modality
  readonly classId: number;
  readonly stage?: Stage; // whose features; default 4: small images have too few pixels there
}

export type ClassActivationMaps = {
  readonly specific: tf.Tensor3D; // [N,H,W] in 0..1, of the modality's own encoder
  readonly shared: tf.Tensor3D; // the same of the shared encoder
  readonly pixels: tf.Tensor1D; // [N] how many pixels are predicted as the class; a map of an image without any says nothing
};

/**
 * What each encoder looks at when one modality alone is segmented, STARS, section 5.3: Grad-CAM of the class's logits summed over the pixels
 * predicted as that class, by the features of one stage as the decoder gets them, brought
 * to the size of the image.
 */
export function classActivationMaps(model: StarsModel, { modality, x, classId, stage = 4 }: ClassActivationInputs): ClassActivationMaps {
  const size = [x.shape[1], x.shape[2]] as const;
  return tf.tidy(() => {
    const { specific, shared } = model.encode(modality, x, 'eval');
    const at = stage - 1;
    const logitsOf = (own: tf.Tensor, common: tf.Tensor): tf.Tensor4D =>
      model.decode(modality, { specific: specific.with(at, own as tf.Tensor4D), shared: shared.with(at, common as tf.Tensor4D) }, 'eval');
    const predicted = tf.cast(tf.equal(tf.argMax(logitsOf(specific[at], shared[at]), -1), classId), 'float32'); // [N,H,W]
    const score = (own: tf.Tensor, common: tf.Tensor): tf.Tensor => {
      const logits = logitsOf(own, common);
      const ofClass = tf.slice(logits, [0, 0, 0, classId], [...logits.shape.slice(0, 3), 1]);
      return tf.sum(tf.mul(tf.squeeze(ofClass, [3]), predicted));
    };
    const [ofSpecific, ofShared] = tf.grads(score)([specific[at], shared[at]]) as tf.Tensor4D[];
    const map = (activations: tf.Tensor4D, gradients: tf.Tensor4D): tf.Tensor3D => {
      const coarse = tf.expandDims(gradCam(activations, gradients), -1) as tf.Tensor4D;
      return tf.squeeze(resize(coarse, { size, mode: 'bilinear' }), [3]);
    };
    return {
      specific: map(specific[at], ofSpecific),
      shared: map(shared[at], ofShared),
      pixels: tf.sum<tf.Tensor1D>(predicted, [1, 2]),
    };
  });
}
