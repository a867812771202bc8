import type { HostTensor } from '@rs/nn';

/** Names and tensors of a checkpoint, in PyTorch's layout. */
export type Checkpoint = ReadonlyMap<string, HostTensor>;

/** What tells one transformer from another: names in the order in which they are printed. */
export type TowerSize = Readonly<Record<string, number | undefined>>;

/**
 * Throws unless the tower of a checkpoint has the size of that of a model: one sentence instead of the list of every tensor that does not fit.
 *
 * @param what such as "loadDino: the checkpoint's encoder"
 * @param found undefined where the checkpoint does not have such a tensor
 */
export function assertTowerSize(what: string, checkpoint: Checkpoint, found: TowerSize, expected: TowerSize): void {
  if (Object.keys(expected).every((part) => found[part] === expected[part])) return;
  const missing = Object.values(found).every((size) => size === undefined);
  const names = [...checkpoint.keys()].slice(0, 3).join(', ') || 'no tensors';
  throw new Error(
    `${what} ${missing ? `is missing (it holds ${names}, ...)` : `has ${describe(found)}`}; the model's has ${describe(expected)}`,
  );
}

const describe = (size: TowerSize): string =>
  Object.entries(size)
    .map(([part, value]) => `${part} ${value ?? 'unknown'}`)
    .join(', ');

/** How many numbered blocks stand under `prefix`; undefined for none. */
export function depthUnder(checkpoint: Checkpoint, prefix: string): number | undefined {
  const numbers = [...checkpoint.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number.parseInt(name.slice(prefix.length)));
  return numbers.length === 0 ? undefined : Math.max(...numbers) + 1;
}

/** Without the prefix that data-parallel training leaves. */
export const withoutModulePrefix = (checkpoint: Checkpoint): Map<string, HostTensor> =>
  new Map([...checkpoint].map(([name, tensor]) => [name.replace(/^module\./, ''), tensor]));
