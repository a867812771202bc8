import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { CloudSplit } from '@rs/metrics';
import type { Spread } from '@rs/report';
import { readConfig, type Config } from './config.js';

/** What an independent implementation measured on the synthetic world (`reference.json`), by row. No target, and not the paper's. */
export interface Reference {
  readonly source: string;
  readonly segmentation: Readonly<Record<string, CloudSplit<Spread>>>; // mIoU, %
  readonly ECE: Readonly<Record<string, Pick<CloudSplit<Spread>, 'all' | 'cloudy'>>>;
  readonly quality: Readonly<Record<string, { readonly PSNR: Spread; readonly MAE: Spread }>>; // dB, 1e-2
}

const standard = fileURLToPath(new URL('../config/synthetic.yaml', import.meta.url));

/** The reference values, where the config is the very setting they were measured in. */
export async function referenceFor(config: Config): Promise<Reference | undefined> {
  if (!isDeepStrictEqual(config, await readConfig(standard))) return undefined;
  return JSON.parse(readFileSync(new URL('../reference.json', import.meta.url), 'utf8')) as Reference;
}
