import util from 'node:util';

/**
 * tfjs-node 4.22 calls two functions of `node:util` that Node 23 removed and that Node 22 warns about. To be called before it
 * loads.
 */
export function restoreNodeNames(): void {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
    isArray: Array.isArray,
  });
}
