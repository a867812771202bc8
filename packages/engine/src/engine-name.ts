import { EngineError } from './engine-error.js';

/**
 * What computes, best first: TensorFlow on an NVIDIA GPU, TensorFlow on the CPU, WebAssembly (6 to 10 times slower than
 * TensorFlow), plain JavaScript (slower again, by far).
 */
export const engineNames = ['native-gpu', 'native', 'wasm', 'cpu'] as const;
export type EngineName = (typeof engineNames)[number];

/** @throws EngineError when `name` is no engine; `source` says where the name came from. */
export function parseEngineName(name: string, source: string): EngineName {
  const found = engineNames.find((known) => known === name);
  if (found) return found;
  throw new EngineError(`${source} must be one of ${engineNames.join(', ')}, got '${name}'`);
}
