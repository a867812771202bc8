import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { disposeModule, loadStateDict, stateDict } from '@rs/nn';
import type { FitResult } from '@rs/train';
import { readSafetensors, writeAtomically, writeSafetensors } from '@rs/weights';
import { Interrupted } from './exit-codes.js';
import { runFolder, type RunPlace } from './run-place.js';
import { fromStoredJson, toStoredJson } from './stored-json.js';

/** A finished row of one seed: its figures E (plain JSON values) and what they were made with. */
export interface FinishedRun<E> {
  readonly label: string;
  readonly seed: number;
  readonly evaluation: E;
  readonly steps: number;
  readonly scoredStep: number; // of the weights that were scored
  readonly seconds: number; // of training, in the session that finished it
  readonly engine: string;
  readonly curves: Readonly<Record<string, readonly number[]>>; // loss and its terms, by step
  readonly validation: readonly { readonly step: number; readonly score: number }[];
}

/** A model and what is to be done with it. */
export interface Trial<E> {
  readonly model: object; // freed by `finishedRun`
  readonly fit: (checkpoints: string) => Promise<FitResult>; // with checkpoints in the folder of this name
  readonly evaluate: () => Promise<E>;
  readonly dispose?: () => void; // frees what else it holds, such as captured graphs
}

/** What is run at a place. */
export interface RunOptions<E> {
  readonly label: string; // of the row, as the tables print it
  readonly keep: 'last' | 'best'; // weights that are scored: of the last step or of the best validation
  readonly begin: () => Trial<E> | Promise<Trial<E>>;
}

/**
 * Trains and scores one row of one seed, or takes what an earlier session finished: `result.json` in `runFolder(place, label)`, with
 * `weights.safetensors` beside it. A run that was interrupted goes on from its checkpoint, which is removed at the end. One model is alive
 * meanwhile, none afterwards.
 *
 * @throws Interrupted after SIGINT, once the checkpoint is written
 */
export async function finishedRun<E>(
  place: Pick<RunPlace<unknown>, 'folder' | 'seed' | 'engine' | 'reporter'>,
  { label, keep, begin }: RunOptions<E>,
): Promise<FinishedRun<E>> {
  const { seed, engine, reporter } = place;
  const folder = runFolder(place, label);
  const resultFile = path.join(folder, 'result.json');
  const known = await readFile(resultFile, 'utf8').catch(() => undefined);
  if (known !== undefined) return fromStoredJson(known) as FinishedRun<E>;
  reporter.stage(`${label}, seed ${seed}: training`);
  const { model, fit, evaluate, dispose } = await begin();
  try {
    const start = Date.now();
    const checkpoints = path.join(folder, 'checkpoints');
    const { interrupted, step, best, history, evaluations } = await fit(checkpoints);
    if (interrupted) throw new Interrupted(`interrupted at step ${step} of ${label}; the same command goes on from there`);
    const scored = keep === 'best' ? best : undefined;
    if (scored) loadStateDict(model, scored.weights);
    const seconds = (Date.now() - start) / 1000;
    await mkdir(folder, { recursive: true });
    await writeSafetensors(path.join(folder, 'weights.safetensors'), stateDict(model));
    const evaluation = await evaluate();
    const { learningRate: _, ...curves } = history;
    const validation = evaluations.map(({ step, score }) => ({ step, score }));
    const run = { label, seed, evaluation, steps: step, scoredStep: scored?.step ?? step, seconds, engine, curves, validation };
    await writeAtomically(resultFile, [Buffer.from(`${toStoredJson(run)}\n`)]);
    await rm(checkpoints, { recursive: true, force: true }); // the weights and the figures are what remains
    return run;
  } finally {
    dispose?.();
    disposeModule(model);
  }
}

/** Gives `model` the weights of the finished run in `folder`. */
export async function loadFinished(model: object, folder: string): Promise<void> {
  loadStateDict(model, await readSafetensors(path.join(folder, 'weights.safetensors')));
}
