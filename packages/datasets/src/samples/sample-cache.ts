import { LRUCache } from 'lru-cache';
import type { Sample } from '../layouts/index-dataset.js';
import type { LoadedSample } from './load-sample.js';

/**
 * Keeps loaded samples in memory, up to `maxBytes` of pixels; those not used for longest go first. Samples are shared: do not write to them.
 *
 * @param load reads a sample; samples are told apart by root, split and id, so it must always use the same options
 */
export function cachedLoad<S extends Pick<Sample, 'root' | 'split' | 'id'>>(
  load: (sample: S) => Promise<LoadedSample>,
  { maxBytes }: { readonly maxBytes: number },
): (sample: S) => Promise<LoadedSample> {
  const cache = new LRUCache<string, LoadedSample>({ maxSize: maxBytes, sizeCalculation: pixelBytes });
  const loading = new Map<string, Promise<LoadedSample>>();
  return async (sample) => {
    const key = JSON.stringify([sample.root, sample.split, sample.id]);
    const kept = cache.get(key) ?? loading.get(key);
    if (kept) return kept;
    const pending = load(sample);
    loading.set(key, pending);
    try {
      const loaded = await pending;
      cache.set(key, loaded);
      return loaded;
    } finally {
      loading.delete(key);
    }
  };
}

function pixelBytes({ optical, cloudy, cloudFree, sar, dsm, label, cloudMask }: LoadedSample): number {
  const rasters = [optical, cloudy, cloudFree, sar, dsm, label, cloudMask];
  return rasters.reduce((sum, raster) => sum + (raster?.data.byteLength ?? 0), 1); // never 0, which the cache refuses
}
