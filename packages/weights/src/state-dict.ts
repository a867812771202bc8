import { TensorView } from './pickle-values.js';

/** Where a nested training state keeps the weights, in the order they are tried. */
const nests = ['state_dict', 'teacher', 'model']; // the second is DINO's

/**
 * The named tensors of a saved value: its top level where that holds tensors, else what stands under `state_dict`, `teacher` or `model`.
 * What is not a tensor is passed over, and names stay as they are, a "module." prefix included.
 *
 * @throws Error that says what was found instead
 */
export function findStateDict(saved: unknown): Map<string, TensorView> {
  if (saved instanceof Map) {
    for (const candidate of [saved, ...nests.map((key) => saved.get(key))]) {
      const tensors = tensorsOf(candidate);
      if (tensors.size > 0) return tensors;
    }
  }
  throw new Error(`holds no tensors by name at its top level, under state_dict, under teacher or under model; it holds ${describe(saved)}`);
}

function tensorsOf(value: unknown): Map<string, TensorView> {
  const tensors = new Map<string, TensorView>();
  if (!(value instanceof Map)) return tensors;
  for (const [name, item] of value) if (typeof name === 'string' && item instanceof TensorView) tensors.set(name, item);
  return tensors;
}

function describe(value: unknown): string {
  if (value instanceof Map) {
    const keys = [...value.keys()].slice(0, 10).map((key) => (typeof key === 'string' ? key.slice(0, 40) : typeof key));
    return keys.length === 0 ? 'an empty dictionary' : `a dictionary with the keys ${keys.join(', ')}`;
  }
  return value instanceof TensorView ? 'one tensor without a name' : Array.isArray(value) ? 'a list' : 'no dictionary';
}
