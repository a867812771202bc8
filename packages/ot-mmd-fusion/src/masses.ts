import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';

interface GivenMasses {
  readonly caller: string;
  readonly cost: tf.Tensor3D; // [B,n,m]
  readonly a?: tf.Tensor2D; // [B,n]
  readonly b?: tf.Tensor2D; // [B,m]
}

/** The masses of rows and columns, uniform where none are given. @throws RangeError when they cannot be masses */
export function massesOf({ caller, cost, a, b }: GivenMasses): { readonly a: tf.Tensor2D; readonly b: tf.Tensor2D } {
  const [batch, n, m] = cost.shape;
  if (a) assertMasses(`${caller}: a`, a, [batch, n]);
  if (b) assertMasses(`${caller}: b`, b, [batch, m]);
  return { a: a ?? tf.fill([batch, n], 1 / n), b: b ?? tf.fill([batch, m], 1 / m) };
}

/** Values are looked at where they can be read: not while a graph is being captured, nor on an engine that only reads later. */
function assertMasses(argument: string, masses: tf.Tensor2D, shape: readonly [number, number]): void {
  assertShape(argument, masses, shape);
  const values = valuesOf(masses);
  for (let i = 0; values && i < shape[0]; i++) {
    const row = values.subarray(i * shape[1], (i + 1) * shape[1]);
    const wrong = row.find((mass) => !(mass >= 0 && mass < Infinity));
    if (wrong !== undefined) throw new RangeError(`${argument} must hold finite masses >= 0, got ${wrong} in batch element ${i}`);
    if (row.every((mass) => mass === 0)) throw new RangeError(`${argument} must have a sum above 0, got 0 in batch element ${i}`);
  }
}

function valuesOf(masses: tf.Tensor): Float32Array | undefined {
  try {
    return masses.dataSync<'float32'>();
  } catch {
    return undefined;
  }
}
