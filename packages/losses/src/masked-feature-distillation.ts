import * as tf from '@tensorflow/tfjs-core';
import { assertShape, resize } from '@rs/nn';

export interface MaskedFeatureDistillationOptions {
  /**
   * What the sum of squares is divided by. `clearPixels` (default, EDC eq. 9): the number of clear pixels in the batch, so the
   * loss is a sum over channels. `elements` (as in CloudSeg): N H W C, clouds included.
   */
  readonly normalization?: 'clearPixels' | 'elements';
}

/**
 * Squared distance of the student's features from the teacher's on clear pixels, both resized bilinearly (half-pixel centres)
 * to the mask. EDC, eq. (9):
 *
 *     L = sum_{p: M_p = 0} |student_p - teacher_p|^2 / max(|{p: M_p = 0}|, 1)
 *
 * Resizing is linear, so the difference is resized, once. The teacher takes no gradient. No clear pixel: 0 with a zero gradient.
 *
 * @param student [N,h,w,C] features
 * @param teacher [N,h,w,C] features of the same layer
 * @param cloudMask [N,H,W] M: 0 clear, anything else cloudy
 * @returns scalar
 * @throws RangeError when teacher or cloudMask do not fit the student
 */
export function maskedFeatureDistillation(
  student: tf.Tensor4D,
  teacher: tf.Tensor4D,
  cloudMask: tf.Tensor3D,
  { normalization = 'clearPixels' }: MaskedFeatureDistillationOptions = {},
): tf.Scalar {
  assertShape('maskedFeatureDistillation: student', student, [null, null, null, null]);
  assertShape('maskedFeatureDistillation: teacher', teacher, student.shape);
  assertShape('maskedFeatureDistillation: cloudMask', cloudMask, [student.shape[0], null, null]);
  const [, h, w] = cloudMask.shape;
  return tf.tidy(() => {
    const fromTeacher = tf.customGrad((x) => ({ value: tf.sub(x as tf.Tensor, teacher), gradFunc: (dy: tf.Tensor) => tf.clone(dy) }));
    const difference = fromTeacher(student) as tf.Tensor4D;
    const sameSize = student.shape[1] === h && student.shape[2] === w;
    const resized = sameSize ? difference : resize(difference, { size: [h, w], mode: 'bilinear' }); // [N,H,W,C]
    const clear = tf.equal(cloudMask, 0);
    const norm = normalization === 'elements' ? tf.scalar(resized.size) : tf.cast(tf.maximum(tf.sum(clear), 1), 'float32');
    return maskedSquares(resized, tf.expandDims(tf.cast(clear, 'float32'), -1), norm as tf.Scalar);
  });
}

/** sum(mask d^2) / norm for a mask of 0 and 1; its gradient 2 mask d / norm is one pass over the saved product. */
function maskedSquares(difference: tf.Tensor, mask: tf.Tensor, norm: tf.Scalar): tf.Scalar {
  const squares = tf.customGrad((d, save) => {
    const masked = tf.mul(d as tf.Tensor, mask);
    (save as tf.GradSaveFunc)([masked, norm]);
    return {
      value: tf.div(tf.sum(tf.square(masked)), norm),
      gradFunc: (dy: tf.Tensor, [saved, by]: tf.Tensor[]) => tf.mul(saved, tf.div(tf.mul(dy, 2), by)),
    };
  });
  return squares(difference) as tf.Scalar;
}
