import type { ByteSource } from './byte-source.js';
import { decodeElements } from './elements.js';
import { dtypes, elementCount, type HostData } from './host-tensor.js';
import type { Storage, TensorView } from './pickle-values.js';
import type { TensorInfo, WeightsFile, WeightsFormat } from './weights-file.js';

/** Where the bytes of a storage lie in the file. */
export interface StoragePlace {
  readonly offset: number;
  readonly bytes: number;
}

interface TorchFile {
  readonly source: ByteSource;
  readonly format: WeightsFormat;
  readonly stateDict: ReadonlyMap<string, TensorView>;
  readonly bigEndian: boolean;
  readonly place: (storage: Storage) => StoragePlace;
}

const readAllowance = 2 ** 28; // bytes; small files may repeat their storages up to this, large ones 16 times over
const readFactor = 16;

/**
 * The tensors of a state dict as an open file, once every view is known to lie inside its storage, and all of them together to
 * stay near the size of the file: a stride of 0 would let 100 bytes ask for any amount of memory.
 */
export function torchWeightsFile({ source, format, stateDict, bigEndian, place }: TorchFile): WeightsFile {
  const limit = Math.max(readAllowance, readFactor * source.size);
  const tensors = new Map<string, TensorInfo>();
  let total = 0;
  for (const [name, view] of stateDict) {
    const elements = spanOf(name, view, place(view.storage)); // elements to read, at least as many as its own unless a stride is 0
    const bytes = (elementCount(view.shape) ?? Infinity) * dtypes[view.dtype].bytes;
    total += Math.max(bytes, elements * dtypes[view.dtype].bytes);
    if (total > limit)
      throw new Error(`its tensors take more than ${limit} bytes, out of proportion to its ${source.size}; refused at tensor ${name}`);
    tensors.set(name, { dtype: view.dtype, shape: view.shape, bytes });
  }
  return {
    format,
    tensors,
    metadata: new Map(),
    read: async (name) => {
      const view = stateDict.get(name);
      if (!view) throw source.error(`no tensor ${name}; there are ${[...stateDict.keys()].join(', ')}`);
      const storage = place(view.storage);
      const size = dtypes[view.dtype].bytes;
      const bytes = await source.read(storage.offset + view.offset * size, spanOf(name, view, storage) * size);
      return { dtype: view.dtype, shape: view.shape, data: gather(decodeElements(view.dtype, bytes, bigEndian), view) };
    },
    close: () => source.close(),
  };
}

/** How many elements of its storage, from its offset on, a view touches. Throws where they lie outside. */
function spanOf(name: string, { dtype, offset, shape, strides }: TensorView, storage: StoragePlace): number {
  const available = storage.bytes / dtypes[dtype].bytes;
  const span = shape.includes(0) ? 0 : shape.reduce((last, size, axis) => last + (size - 1) * strides[axis], 1);
  if (!(offset + span <= available) || (span === 0 && offset > available)) {
    throw new Error(
      `tensor ${name} of shape [${shape}] and strides [${strides}] reaches element ${offset + span} of a storage of ${available}`,
    );
  }
  return span;
}

/** Row-major values of a strided view whose first element is `values[0]`. */
function gather(values: HostData, { shape, strides }: TensorView): HostData {
  let step = 1;
  const contiguous = shape.every((_, i) => {
    const axis = shape.length - 1 - i;
    const fits = shape[axis] === 1 || strides[axis] === step;
    step *= shape[axis];
    return fits;
  });
  if (contiguous || values.length === 0) return values;
  const gathered = new (values.constructor as new (length: number) => HostData)(elementCount(shape) ?? 0);
  const index = shape.map(() => 0);
  for (let i = 0, from = 0; i < gathered.length; i++) {
    gathered[i] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return gathered;
}
