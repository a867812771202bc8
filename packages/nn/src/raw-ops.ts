import * as tf from '@tensorflow/tfjs-core';

type AttributeValue = number | string | boolean | readonly number[];

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: AttributeValue;
}

/** What of the native backend (tfjs-node) is used here; tfjs-core has no type for it. */
interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: Readonly<Record<'TF_ATTR_TYPE' | 'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_STRING', number>> &
    Readonly<Record<'TF_FLOAT' | 'TF_INT32', number>>;
  executeSingleOutput(name: string, attributes: readonly Attribute[], inputs: readonly tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: readonly Attribute[], inputs: readonly tf.Tensor[], count: number): tf.Tensor[];
  fuse?(inputs: readonly tf.Tensor[], fn: () => readonly tf.Tensor[]): readonly tf.Tensor[]; // while @rs/engine's capture records
  after?(tensor: tf.Tensor, earlier: tf.Tensor): tf.Tensor;
}

const smallestFused = 65536; // values; below, a call of a kernel costs what it saves

type AttributeKind = 'type' | 'int' | 'float' | 'bool' | 'string';

/** Attributes of a TensorFlow op by name, each with its kind; 'type' takes a dtype. */
export type Attributes = Readonly<Record<string, readonly [AttributeKind, AttributeValue]>>;

const bindingName = {
  int: 'TF_ATTR_INT',
  float: 'TF_ATTR_FLOAT',
  bool: 'TF_ATTR_BOOL',
  string: 'TF_ATTR_STRING',
  type: 'TF_ATTR_TYPE',
} as const;

const dtypeName = { float32: 'TF_FLOAT', int32: 'TF_INT32' } as const;

/** Whether TensorFlow itself runs underneath, so that its ops can be called by name. */
export const isNative = (): boolean => tf.getBackend() === 'tensorflow';

/** Whether it computes on a GPU. Only where `isNative()`. */
export const usesGpu = (): boolean => nativeBackend().isUsingGpuDevice;

/** Runs one TensorFlow op. Only where `isNative()`. */
export function rawOp<T extends tf.Tensor = tf.Tensor>(name: string, attributes: Attributes, inputs: readonly tf.Tensor[]): T {
  const backend = nativeBackend();
  return backend.executeSingleOutput(name, encoded(backend, attributes), inputs) as T;
}

/** Runs one TensorFlow op of `count` outputs. Only where `isNative()`. */
export function rawOps(name: string, attributes: Attributes, inputs: readonly tf.Tensor[], count: number): tf.Tensor[] {
  const backend = nativeBackend();
  return backend.executeMultipleOutputs(name, encoded(backend, attributes), inputs, count);
}

/**
 * `fn()`, whose ops read nothing but `inputs` and what they make themselves. Where a graph is being recorded on a processor they are
 * compiled to one pass over memory, where they are large enough for that to pay; elsewhere they run one by one.
 */
export function fused<T extends readonly tf.Tensor[]>(inputs: readonly tf.Tensor[], fn: () => T): T {
  const fuse = isNative() ? nativeBackend().fuse : undefined;
  const pays = fuse && !usesGpu() && inputs.some(({ size }) => size >= smallestFused);
  return pays ? (fuse.call(nativeBackend(), inputs, fn) as unknown as T) : fn();
}

/** `tensor`, but what reads it runs after `earlier` is there. Op by op that is so anyway; a graph being recorded has to be told. */
export function after(tensor: tf.Tensor, earlier: tf.Tensor): tf.Tensor {
  return (isNative() ? nativeBackend().after?.(tensor, earlier) : undefined) ?? tf.clone(tensor);
}

const works = new WeakMap<object, Map<string, boolean>>();

/** Whether `probe` runs on this build of TensorFlow: some ops exist only on some (oneDNN, processor). Asked once a name. */
export function supports(name: string, probe: () => unknown): boolean {
  const backend = tf.backend();
  const known = works.get(backend) ?? new Map<string, boolean>();
  works.set(backend, known);
  let answer = known.get(name);
  if (answer === undefined) {
    try {
      tf.tidy(() => void probe());
      answer = true;
    } catch {
      answer = false;
    }
    known.set(name, answer);
  }
  return answer;
}

const nativeBackend = (): NativeBackend => tf.backend() as unknown as NativeBackend;

function encoded({ binding }: NativeBackend, attributes: Attributes): Attribute[] {
  return Object.entries(attributes).map(([name, [kind, value]]) => ({
    name,
    type: binding[bindingName[kind]],
    value: kind === 'type' ? binding[dtypeName[value as keyof typeof dtypeName]] : value,
  }));
}
