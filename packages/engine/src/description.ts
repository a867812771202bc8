import type { EngineName } from './engine-name.js';

/** The engine in use, as reports and benchmarks state it. */
export interface EngineDescription {
  readonly name: EngineName;
  readonly backend: 'tensorflow' | 'wasm' | 'cpu'; // tfjs's name of it
  readonly version: string; // of what computes: the TensorFlow library, or the backend's npm package
  readonly tfjs: string; // version of tfjs-core
  readonly library: string; // npm package that holds the backend
  readonly device: string; // model of the processor or the graphics card
  readonly threads: number; // threads one operation may use
  readonly node: string;
  readonly platform: string; // 'linux-x64'
  readonly notes: readonly string[]; // why a better engine is not used; empty where the best one is
}

const titles = { tensorflow: 'TensorFlow', wasm: 'TensorFlow.js WebAssembly', cpu: 'TensorFlow.js JavaScript' } as const;

/** One line for reports: "TensorFlow 2.21.0 (native, 2 threads) on Intel Xeon Processor". */
export function engineLine({ name, backend, version, threads, device }: EngineDescription): string {
  return `${titles[backend]} ${version} (${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}) on ${device}`;
}
