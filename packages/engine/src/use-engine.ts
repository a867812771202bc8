import * as tf from '@tensorflow/tfjs-core';
import { engineLine, type EngineDescription } from './description.js';
import { graphicsCard, hasNvidiaDriver, processorModel } from './device.js';
import { EngineError } from './engine-error.js';
import { parseEngineName, type EngineName } from './engine-name.js';
import { loadNative } from './native/load.js';
import { loadPlainJavaScript } from './plain-javascript.js';
import { threadCount } from './threads.js';
import { loadWasm } from './wasm/load.js';

export interface EngineOptions {
  readonly engine?: EngineName; // this one or none; default RS_ENGINE, else the best that works here
  readonly threads?: number; // for one operation; default RS_THREADS, else TF_NUM_INTRAOP_THREADS, else one a processor
  readonly quiet?: boolean; // don't say on stderr what was chosen; default false
}

const running = new Map<EngineName | 'best', Promise<EngineDescription>>();
let current: EngineDescription | undefined;

/**
 * Chooses what computes, makes it the tfjs backend, and registers tfjs's gradients. Says in one line on stderr what it chose
 * and why nothing better. The first call of a process decides; a later one returns the same description, and one that asks for
 * another engine changes to it where both fit into one process.
 *
 * @throws EngineError when the engine asked for cannot work here (its message says what to do)
 */
export async function useEngine({ engine, threads, quiet = false }: EngineOptions = {}): Promise<EngineDescription> {
  const asked = engine
    ? parseEngineName(engine, 'engine')
    : process.env.RS_ENGINE
      ? parseEngineName(process.env.RS_ENGINE, 'RS_ENGINE')
      : undefined;
  const key = asked ?? 'best';
  let starting = running.get(key);
  const isNew = !starting;
  if (!starting) {
    const count = threadCount(threads, process.env);
    starting = asked ? startAsked(asked, count) : startBest(count);
    running.set(key, starting);
  }
  try {
    current = await starting;
  } catch (error) {
    running.delete(key);
    throw error;
  }
  if (tf.getBackend() !== current.backend) await tf.setBackend(current.backend);
  if (isNew && !quiet) process.stderr.write(`engine: ${[engineLine(current), ...current.notes].join('; ')}\n`);
  return current;
}

/** The engine in use. @throws EngineError before the first `useEngine()` */
export function describeEngine(): EngineDescription {
  if (!current) throw new EngineError('no engine is chosen yet: call `await useEngine()` first');
  return current;
}

async function startAsked(name: EngineName, threads: number): Promise<EngineDescription> {
  try {
    return await start[name](threads);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(`engine '${name}' was asked for and does not work here: ${error.message}`);
  }
}

/** The first engine that starts; TensorFlow itself decides between GPU and CPU. */
async function startBest(threads: number): Promise<EngineDescription> {
  const notes: string[] = [];
  for (const startOne of [startNative, start.wasm, start.cpu]) {
    try {
      const started = await startOne(threads);
      return { ...started, notes: [...notes, ...started.notes] };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      notes.push(error.message);
    }
  }
  throw new EngineError(`no engine works here: ${notes.join('; ')}`);
}

const start: Record<EngineName, (threads: number) => Promise<EngineDescription>> = {
  'native-gpu': async (threads) => {
    const started = await startNative(threads);
    if (started.name === 'native-gpu') return started;
    throw new EngineError(
      'TensorFlow sees no GPU; `npx rs-engine install --gpu` installs the library for one, `npx rs-engine doctor` checks the driver',
    );
  },
  native: async (threads) => {
    const started = await startNative(threads, false);
    if (started.name === 'native') return started;
    throw new EngineError('TensorFlow already runs on the GPU in this process, and cannot change to the CPU');
  },
  wasm: async (threads) => {
    const { version, threads: used } = await loadWasm(threads);
    return describe({ name: 'wasm', backend: 'wasm', version, library: '@tensorflow/tfjs-backend-wasm', threads: used });
  },
  cpu: async () =>
    describe({ name: 'cpu', backend: 'cpu', version: await loadPlainJavaScript(), library: '@tensorflow/tfjs-backend-cpu', threads: 1 }),
};

async function startNative(threads: number, useGpu = true): Promise<EngineDescription> {
  const { library, version, onGpu } = loadNative(threads, useGpu);
  const unusedGpu = useGpu && !onGpu && hasNvidiaDriver();
  return {
    ...describe({ name: onGpu ? 'native-gpu' : 'native', backend: 'tensorflow', version, library: library.name, threads }),
    ...(onGpu && { device: graphicsCard()?.model ?? 'GPU' }),
    ...(unusedGpu && { notes: ['the GPU is not used: `npx rs-engine install --gpu` installs the library for it'] }),
  };
}

type Chosen = Pick<EngineDescription, 'name' | 'backend' | 'version' | 'library' | 'threads'>;
const describe = (chosen: Chosen): EngineDescription => ({
  ...chosen,
  tfjs: tf.version_core,
  device: processorModel(),
  node: process.versions.node,
  platform: `${process.platform}-${process.arch}`,
  notes: [],
});
