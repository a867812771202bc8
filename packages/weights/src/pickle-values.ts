import type { Dtype } from './host-tensor.js';

/** A storage that a pickle refers to: a flat run of elements kept outside the pickle. */
export interface Storage {
  readonly key: string;
  readonly dtype: Dtype | 'untyped'; // untyped: counted in bytes, the tensor says the type
  readonly count: number; // of elements
}

/** A tensor as a pickle describes it: a strided view of a storage. */
export class TensorView {
  constructor(
    readonly storage: Storage,
    readonly dtype: Dtype,
    readonly offset: number, // in elements
    readonly shape: readonly number[],
    readonly strides: readonly number[], // in elements
  ) {}
}

/** A value that is not needed to read tensors, kept only so that the rest can be read: `argparse.Namespace`, `torch.device`. */
export class Opaque {
  constructor(readonly name: string) {}
}

/** A class or function that a pickle names. `call` is there for those that a checkpoint may call. */
export class Global {
  constructor(
    readonly name: string,
    readonly meaning: {
      readonly storage?: Storage['dtype'];
      readonly dtype?: Dtype;
      readonly call?: (args: readonly unknown[]) => unknown;
    },
  ) {}
}
