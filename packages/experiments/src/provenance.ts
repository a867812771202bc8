import type { Provenance } from '@rs/report';
import type { ReproduceOptions } from './command-line.js';
import { fingerprint } from './fingerprint.js';
import type { FinishedRun } from './finished-run.js';

export interface ProvenanceOptions {
  readonly data: string; // which, how many, what is scored
  readonly inputs: string; // '64x64 inputs'
  readonly weights: string; // what the models start from: 'random initialisation'
  readonly runs: readonly Pick<FinishedRun<unknown>, 'label' | 'steps'>[];
  readonly engine: string;
  readonly seeds: readonly number[];
  readonly batchSize: number; // samples an update
  readonly keep: 'last' | 'best';
}

/** How the reproduced rows of a table were measured. */
export function provenanceOf({ data, inputs, weights, runs, engine, seeds, batchSize, keep }: ProvenanceOptions): Provenance {
  const steps = [...new Set(runs.map(({ label, steps: count }) => `${label} ${count}`))];
  const scale = `${inputs}, steps: ${steps.join(', ')}; ${weights}`;
  return { data, scale, engine, seeds, effectiveBatchSize: batchSize, checkpoint: keep };
}

/** The last line of a report: what made it. */
export const reportFooter = ({
  engine,
  config,
  seeds,
}: Pick<ReproduceOptions<{ readonly name: string }>, 'engine' | 'config' | 'seeds'>): string =>
  `${engine}; config ${config.name}, fingerprint ${fingerprint(config)}; seeds ${seeds.join(', ')}`;
