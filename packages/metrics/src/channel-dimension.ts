import type { HostArray } from './host-array.js';

/** C of features [N,H,W,C]: "C_d" of a decoder's output in EDC Tab. V. */
export function channelDimension({ shape }: Pick<HostArray, 'shape'>): number {
  if (shape.length < 2) throw new RangeError(`channelDimension: features must have shape [N,H,W,C], got [${shape}]`);
  return shape[shape.length - 1];
}
