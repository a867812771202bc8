import type { Tensor } from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';

/** Throws a RangeError unless `tensor` has the given shape (`null` stands for any size) and no axis of it is empty. */
export function assertFilled(argument: string, tensor: Tensor, shape: readonly (number | null)[]): void {
  assertShape(argument, tensor, shape);
  if (tensor.size === 0) throw new RangeError(`${argument} must not be empty, got shape [${tensor.shape}]`);
}

/** Throws a RangeError unless both are sequences of tokens, [B,n,d] and [B,m,d], with at least one token each. */
export function assertTokenPair([xName, x]: readonly [string, Tensor], [yName, y]: readonly [string, Tensor]): void {
  assertFilled(xName, x, [null, null, null]);
  assertFilled(yName, y, [x.shape[0], null, x.shape[2] as number]);
}

/** Throws a RangeError unless `value` is a finite number above 0. */
export function assertPositive(argument: string, value: number): void {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${argument} must be a finite number above 0, got ${value}`);
}

/** Throws a RangeError unless the sides of an image [N,H,W,C] are positive multiples of `multiple`. */
export function assertSides(argument: string, image: Tensor, multiple: number): void {
  assertShape(argument, image, [null, null, null, null]);
  const [, height, width] = image.shape;
  if (height === 0 || width === 0 || height % multiple !== 0 || width % multiple !== 0) {
    throw new RangeError(`${argument}: sides must be multiples of ${multiple} (pad the image), got ${height}x${width}`);
  }
}

/** Throws a RangeError unless `value` is one of `allowed`. */
export function assertOneOf(argument: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw new RangeError(`${argument} must be one of ${allowed.join(', ')}, got ${value}`);
}
