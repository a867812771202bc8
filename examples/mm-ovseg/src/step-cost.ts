import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { disposeModule } from '@rs/nn';
import type { Place } from './place.js';
import type { Row } from './rows.js';
import { pretrainedModel, stageTwo } from './runs.js';
import { trainSegmentation } from './train-segmentation.js';

const steps = 10;
const warmUp = 4; // steps whose graphs are recorded, and the batch that is read ahead

/** Seconds of a step of stage 2 after warm-up, the least of some: from a model that has its pre-training, which is finished. */
export async function measureStep(place: Place, row: Row): Promise<number> {
  const { config, seed, eager } = place;
  const model = await pretrainedModel(place, row);
  const { words, source } = await stageTwo(place, row);
  const folder = await mkdtemp(path.join(tmpdir(), 'mm-ovseg-step-'));
  const asked: number[] = []; // when fit asks for a batch, which is once a step
  try {
    await trainSegmentation(model, {
      config: { ...config, segmentation: { ...config.segmentation, steps, warmup: 0 } },
      label: row.label,
      source: (position) => {
        asked.push(performance.now());
        return source(position);
      },
      words,
      seed,
      folder,
      eager,
      quiet: true,
    });
  } finally {
    words.dispose();
    disposeModule(model);
    await rm(folder, { recursive: true, force: true });
  }
  return Math.min(...asked.slice(warmUp).map((time, i) => time - asked[warmUp + i - 1])) / 1000;
}
