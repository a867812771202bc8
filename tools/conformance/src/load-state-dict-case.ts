import { isDeepStrictEqual } from 'node:util';
import { disposeModule, loadStateDict, Random, stateDict, torchInit } from '@rs/nn';
import { readCheckpoint } from '@rs/weights';
import type { Adapter, Adapters } from './adapter.js';
import { exact, Mismatch } from './compare.js';

/** Gives a module of any package the state dict of a file; where that fails, the module must be as it was. */
export const loadStateDictCase =
  (modules: Adapters): Adapter =>
  async ({ config, locate }) => {
    const build = Object.hasOwn(modules, config.module) ? modules[config.module].build : undefined;
    if (!build) throw new Mismatch(`no module ${config.module}`);
    const module = build(config.moduleConfig, torchInit(new Random(0)), {});
    const before = stateDict(module);
    try {
      loadStateDict(module, await readCheckpoint(locate(config.file)), { strict: config.strict });
    } catch (error) {
      if (!isDeepStrictEqual(stateDict(module), before)) throw new Mismatch('values were changed although loading failed');
      throw error;
    } finally {
      disposeModule(module);
    }
    return exact;
  };
