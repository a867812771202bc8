import util from 'node:util';

/** tfjs-node 4.22 calls two functions of `node:util` that Node 23 removed. To be called before it loads. */
export function restoreNodeNames(): void {
  const names = util as unknown as Record<string, unknown>;
  names.isNullOrUndefined ??= (value: unknown): boolean => value === null || value === undefined;
  if (!Object.hasOwn(util, 'isArray')) names.isArray = Array.isArray;
}
