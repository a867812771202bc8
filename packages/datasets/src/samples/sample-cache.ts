import { LRUCache } from 'lru-cache';
import type { LoadedSample } from './load-sample.js';

/**
 * Keeps loaded samples in memory, up to `maxBytes` of pixels; those not used for longest go first. Samples are shared: do not write to them.
 *
 * @param load reads a sample; samples are told apart by their id alone, so it must always use the same options
 */
export function cachedLoad<S extends { readonly id: string }>(
  load: (sample: S) => Promise<LoadedSample>,
  { maxBytes }: { readonly maxBytes: number },
): (sample: S) => Promise<LoadedSample> {
  const cache = new LRUCache<string, LoadedSample>({ maxSize: maxBytes, sizeCalculation: pixelBytes });
  const loading = new Map<string, Promise<LoadedSample>>();
  return async (sample) => {
    const kept = cache.get(sample.id) ?? loading.get(sample.id);
    if (kept) return kept;
    const pending = load(sample);
    loading.set(sample.id, pending);
    try {
      const loaded = await pending;
      cache.set(sample.id, loaded);
      return loaded;
    } finally {
      loading.delete(sample.id);
    }
  };
}

function pixelBytes({ optical, cloudy, cloudFree, sar, dsm, label, cloudMask }: LoadedSample): number {
  const rasters = [optical, cloudy, cloudFree, sar, dsm, label, cloudMask];
  return rasters.reduce((sum, raster) => sum + (raster?.data.byteLength ?? 0), 1); // never 0, which the cache refuses
}
