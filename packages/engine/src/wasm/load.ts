import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EngineError } from '../engine-error.js';
import { registerWasmKernels } from './kernels.js';

const require = createRequire(import.meta.url);

/** WebAssembly, ready to train. */
export interface WasmEngine {
  readonly version: string; // of @tensorflow/tfjs-backend-wasm
  readonly threads: number;
}

type WasmBackend = typeof import('@tensorflow/tfjs-backend-wasm');
let loaded: WasmBackend | undefined;

/**
 * Makes WebAssembly the tfjs backend, with the kernels it lacks.
 *
 * @throws EngineError when WebAssembly does not start here
 */
export async function loadWasm(threads: number): Promise<WasmEngine> {
  if (!loaded) {
    require('@tensorflow/tfjs'); // registers the gradients
    loaded = require('@tensorflow/tfjs-backend-wasm') as WasmBackend;
    loaded.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist/'));
    loaded.setThreadsCount(threads);
    registerWasmKernels();
  }
  if (!(await tf.setBackend('wasm'))) throw new EngineError('WebAssembly does not start on this machine');
  await tf.ready();
  const parallel = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
  return { version: loaded.version_wasm, threads: parallel ? loaded.getThreadsCount() : 1 };
}
