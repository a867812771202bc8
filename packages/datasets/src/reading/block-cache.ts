import { LRUCache } from 'lru-cache';
import type { PixelArray } from '../planar.js';

const maxBytes = 256 << 20;
const overhead = 512; // bytes of an entry besides its pixels, about

/** Decoded blocks of files read in windows, so that windows which overlap decode a block once; those not used for longest go first. */
export type BlockCache = LRUCache<string, PixelArray>;

export const newBlockCache = (): BlockCache =>
  new LRUCache({ maxSize: maxBytes, sizeCalculation: (values) => values.byteLength + overhead });
