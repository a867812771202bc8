import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Makes plain JavaScript the tfjs backend, without its advice to install another. @returns its version */
export async function loadPlainJavaScript(): Promise<string> {
  const { version } = require('@tensorflow/tfjs') as { version: Record<string, string> }; // registers backend and gradients
  await tf.setBackend('cpu');
  await tf.ready();
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  return version['tfjs-backend-cpu'];
}
