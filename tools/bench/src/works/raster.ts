import { readRaster } from '@rs/datasets';
import type { Prepared } from './prepared.js';

/** Reads a whole file that the peer has written. */
export function prepareRaster(file: string): Prepared {
  return {
    run: async () => {
      await readRaster(file);
    },
    dispose: () => undefined,
  };
}
