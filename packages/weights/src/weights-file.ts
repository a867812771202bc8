import type { Dtype, HostTensor } from './host-tensor.js';

/** What a file says of one tensor before its values are read. */
export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: number; // of the values in the file's element type
}

export type WeightsFormat = 'safetensors' | 'PyTorch zip' | 'PyTorch legacy';

/** An open file of named tensors; each is read when asked for. Close it after use. */
export interface WeightsFile {
  readonly format: WeightsFormat;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>; // empty for PyTorch files
  read(name: string): Promise<HostTensor>;
  close(): Promise<void>;
}

/** The one error of unreadable or malformed files; the message starts with the file's name. */
export class WeightsFileError extends Error {
  override readonly name = 'WeightsFileError';
  constructor(
    readonly file: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${problem}`, options);
  }
}

/** Runs `action`; whatever it throws becomes a WeightsFileError of `file`. */
export async function naming<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof WeightsFileError) throw error;
    throw new WeightsFileError(file, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

export async function readAll(file: WeightsFile): Promise<Map<string, HostTensor>> {
  try {
    const tensors = new Map<string, HostTensor>();
    for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
    return tensors;
  } finally {
    await file.close();
  }
}
