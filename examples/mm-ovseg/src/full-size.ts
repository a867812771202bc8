import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { MmOvSegConfig } from '@rs/ovseg';

export interface Asked {
  readonly config: MmOvSegConfig;
  readonly edge: number; // pixels a side of the pair
  readonly classes: readonly string[];
  readonly passes: number;
  /** Where the weights come from: arrays of a checkpoint, of which a second copy remains until Node collects its garbage; or made by the engine. */
  readonly weights: 'checkpoint' | 'engine';
}

/** A model on one pair of images, in a process of its own. */
export interface ModelCost {
  readonly seconds: number; // of a forward pass, the least of all
  readonly peakGiB: number; // largest resident memory of the process: Node, engine, weights, loading and all passes
  readonly startGiB: number; // the same before the model is built: Node and the engine
  readonly weightsGiB: number; // of the parameters, as float32
  readonly parameters: number;
  readonly trained: number; // by default, in stage 2
}

/** MM-OVSeg at full size on one 384x384 pair and five class names. */
export interface FullSize {
  readonly loaded: ModelCost; // weights as a checkpoint gives them
  readonly made: ModelCost; // weights made in place: what inference itself needs
}

const names = ['city', 'road', 'forest', 'water', 'farmland'];

/** Of the model of ViT-B/16 and DINO ViT-B/8, op by op. */
export async function measureFullSize(config: MmOvSegConfig, edge = 384): Promise<FullSize> {
  const asked = { config, edge, classes: names, passes: 3 };
  return { loaded: await modelCost({ ...asked, weights: 'checkpoint' }), made: await modelCost({ ...asked, weights: 'engine' }) };
}

/** Runs the model in a process of its own. @throws Error with what that process says when it cannot */
export async function modelCost(asked: Asked): Promise<ModelCost> {
  const worker = fork(fileURLToPath(new URL('../dist/full-size-worker.js', import.meta.url)), [JSON.stringify(asked)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  worker.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    let result: ModelCost | undefined;
    worker.on('message', (message) => (result = message as ModelCost));
    worker.on('error', reject);
    worker.on('close', (code) => {
      if (result) resolve(result);
      else reject(new Error(`the process that measures the model ended with exit code ${code}: ${said.trim().split('\n').at(-1)}`));
    });
  });
}
