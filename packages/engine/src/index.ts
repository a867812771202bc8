import { createRequire } from 'node:module';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';

/** Placeholder of the real engine choice: native only. */
export async function useEngine(_options: { quiet?: boolean } = {}): Promise<void> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  Object.assign(util, { isNullOrUndefined: (v: unknown) => v == null, isArray: Array.isArray });
  createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');
  await tf.ready();
}
