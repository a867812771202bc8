import { readCheckpoint, readSafetensors, type HostTensor } from '@rs/weights';
import { hostCase, type Adapter, type Adapters } from '../adapter.js';
import { Mismatch } from '../compare.js';

/** Reads the case's file; the tensors are compared by name, so one too many is a mismatch too. */
const reads = (read: (file: string) => Promise<Map<string, HostTensor>>): Adapter =>
  hostCase(async (theCase) => {
    const tensors = await read(theCase.locate(theCase.config.file));
    const extra = [...tensors.keys()].filter((name) => !theCase.tensors.has(`output:${name}`));
    if (extra.length > 0) throw new Mismatch(`unexpected tensors ${extra.join(', ')}`);
    return Object.fromEntries(tensors);
  });

export const adapters: Adapters = {
  'weights/readCheckpoint': reads(readCheckpoint),
  'weights/readSafetensors': reads(readSafetensors),
};
