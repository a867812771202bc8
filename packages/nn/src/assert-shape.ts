import type { Tensor } from '@tensorflow/tfjs-core';

/** Throws a RangeError unless `tensor` has the given shape; `null` stands for any size. */
export function assertShape(argument: string, tensor: Tensor, shape: readonly (number | null)[]): void {
  if (tensor.rank === shape.length && shape.every((size, i) => size === null || size === tensor.shape[i])) return;
  throw new RangeError(`${argument} must have shape [${shape.map((size) => size ?? '*')}], got [${tensor.shape}]`);
}
