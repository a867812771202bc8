import * as tf from '@tensorflow/tfjs-core';

export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

export interface OutputMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** What capturing uses of tfjs-node's backend; tfjs-core has no type for it. */
export interface NativeBackend {
  readonly binding: Readonly<
    Record<'TF_ATTR_TYPE' | 'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_STRING' | 'TF_ATTR_SHAPE', number>
  > & {
    loadSavedModel(folder: string, tags: string): number;
    runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): OutputMetadata[];
    deleteSavedModel(id: number): void;
  };
  executeSingleOutput(op: string, attributes: OpAttribute[], inputs: tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(op: string, attributes: OpAttribute[], inputs: tf.Tensor[], count: number): tf.Tensor[];
  getInputTensorIds(tensors: tf.Tensor[]): number[];
  createOutputTensor(metadata: OutputMetadata): tf.Tensor;
  /** Present while a recorder watches that compiles the ops of `fn`, a function of `inputs`, into one kernel. */
  fuse?(inputs: readonly tf.Tensor[], fn: () => readonly tf.Tensor[]): readonly tf.Tensor[];
  /** Present while a recorder watches: `tensor`, for ops that are to run after `earlier` is there. */
  after?(tensor: tf.Tensor, earlier: tf.Tensor): tf.Tensor;
  move(dataId: object, values: unknown, shape: number[], dtype: string, refCount: number): void;
  readSync(dataId: object): tf.TypedArray;
}

export const isNative = (): boolean => tf.getBackend() === 'tensorflow';

export const nativeBackend = (): NativeBackend => tf.backend() as unknown as NativeBackend;
