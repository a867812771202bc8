import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { EngineError } from '../engine-error.js';
import { restoreNodeNames } from './node-names.js';
import { findNativePackages, gateBeside, type NativePackage } from './packages.js';
import { quietly } from './stderr-gate.js';

const require = createRequire(import.meta.url);

/** TensorFlow, loaded and proved to compute. */
export interface NativeEngine {
  readonly library: NativePackage;
  readonly version: string; // of TensorFlow
  readonly onGpu: boolean;
}

interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/** The package to load: the first that is compiled. @throws EngineError that says what to do when there is none */
export function nativePackage(): NativePackage & { binding: string } {
  const ready = findNativePackages().find((found) => found.binding !== undefined);
  if (ready?.binding) return { ...ready, binding: ready.binding };
  throw new EngineError('TensorFlow is not installed; `npx rs-engine install` installs it, `npx rs-engine doctor` says what is missing');
}

/**
 * Loads TensorFlow into this process, registers it as tfjs backend 'tensorflow' and computes one product with it. Its settings
 * are environment variables that it reads only now: the log level, the thread counts, and which GPUs it may see.
 *
 * @param useGpu false hides every GPU
 * @throws EngineError when no package is ready or the library does not load
 */
export function loadNative(threads: number, useGpu: boolean): NativeEngine {
  const library = nativePackage();
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // errors only
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  // Ops of a captured graph that do not wait for each other run side by side; one thread more than the processors has, and the others never wait for it.
  process.env.TF_NUM_INTEROP_THREADS ??= threads === 1 ? '1' : String(threads + 1);
  if (!useGpu) process.env.CUDA_VISIBLE_DEVICES = '-1';
  restoreNodeNames();
  try {
    return quietly(gateBeside(library.binding), () => {
      withoutArguments(() => require(library.folder));
      void tf.setBackend('tensorflow'); // takes effect at once for a backend that starts synchronously
      tf.tidy(() => tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).dataSync());
      const { binding, isUsingGpuDevice } = tf.backend() as unknown as NodeBackend;
      return { library, version: binding.TF_Version, onGpu: isUsingGpuDevice };
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError(
      `TensorFlow does not load from ${library.name} (${reason.split('\n')[0]}); try \`npx rs-engine install --force\``,
    );
  }
}

/** The package's loader takes options such as --dir or --target from the command line, and finds its library elsewhere then. */
function withoutArguments(work: () => void): void {
  const given = process.argv;
  process.argv = given.slice(0, 2);
  try {
    work();
  } finally {
    process.argv = given;
  }
}
