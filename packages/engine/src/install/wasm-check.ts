import { EngineError } from '../engine-error.js';
import { loadWasm } from '../wasm/load.js';

/** WebAssembly starts in this process. */
export async function startsWasm(): Promise<boolean> {
  try {
    await loadWasm(1);
    return true;
  } catch (error) {
    if (error instanceof EngineError || (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return false;
    throw error;
  }
}
