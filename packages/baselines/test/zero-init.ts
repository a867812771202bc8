import * as tf from '@tensorflow/tfjs-core';
import { countParameters, disposeModule, type Init } from '@rs/nn';

/** For counting, where the values do not matter. */
const zeroInit: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };

/** Parameters in millions, to 4 digits, as the EDC paper counts: all of them, used or not. */
export function millions(build: (init: Init) => object): number {
  const model = build(zeroInit);
  const count = countParameters(model);
  disposeModule(model);
  return Number((count / 1e6).toFixed(4));
}
