import { mkdir } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { capture as asGraph } from '@rs/engine';
import { buffers, loadStateDict, parameters, stateDict, type TrainPass } from '@rs/nn';
import type { HostTensor } from '@rs/weights';
import { Prefetch, type Batch, type DataSource } from './batch.js';
import {
  loadBest,
  loadEvaluation,
  saveBest,
  saveEvaluation,
  type Best,
  type Evaluation,
  type EvaluationAt,
  type SavedEvaluation,
} from './best.js';
import { eagerly } from './capture.js';
import { loadLatestCheckpoint, saveCheckpoint } from './checkpoint.js';
import { GradientPass } from './gradient-pass.js';
import { historyOf, historyTensors, record, type History } from './history.js';
import { Interruption } from './interruption.js';
import type { Json } from './json.js';
import type { LossTerms } from './loss-and-gradients.js';
import { Optimizer, type ParameterGroup } from './optimizer.js';
import { Progress } from './progress.js';
import { assertSameRun, flatten, type RunIdentity } from './run-identity.js';
import type { Schedule } from './schedule.js';
import { trainStep } from './train-step.js';
import type { UpdateRule } from './update-rule.js';

export interface FitConfig<B extends Batch> {
  readonly model: object; // module or plain object of modules; its parameters are trained, and saved with its buffers
  readonly trainable?: (name: string) => boolean; // which parameters; default: all
  readonly loss: (batch: B, pass: TrainPass) => LossTerms; // a mean over the batch; reads of it the tensors alone
  readonly eager?: boolean; // op by op, to look for a fault; default false: steps run as graphs where the engine has them
  readonly data: DataSource<B>; // the batches are disposed after use
  readonly rule: UpdateRule; // adamW(), adam(), sgd()
  readonly groups?: readonly ParameterGroup[];
  readonly schedule: Schedule;
  readonly steps: number; // updates of the whole run, those before a resume included
  readonly seed: number; // of drop path and the like
  readonly accumulate?: number; // batches an update; default 1
  readonly clipNorm?: number; // bound of the gradient norm; default: none
  readonly evaluate?: { readonly every: number; readonly run: (step: number) => Evaluation | Promise<Evaluation> }; // and after the last step
  readonly checkpoint?: CheckpointConfig; // without one, an interrupted run starts again
  readonly label?: string; // begins each line of progress; default "train"
  readonly quiet?: boolean; // no progress; default false
}

export interface CheckpointConfig {
  readonly folder: string; // of this run alone: when it holds a checkpoint, the run goes on from there
  readonly every: number; // steps; and after the last step, and on interruption
  readonly config?: Json; // what else identifies the run (data, rates, steps): a checkpoint made with another is refused
}

export interface FitResult {
  readonly step: number; // updates done
  readonly interrupted: boolean; // by SIGINT, after a checkpoint
  readonly history: History;
  readonly evaluations: readonly EvaluationAt[];
  readonly best: Best | undefined; // `loadStateDict(model, best.weights)` takes it
}

/** The part of a run that changes from step to step, beside the variables. */
interface Run {
  step: number;
  history: History;
  evaluations: EvaluationAt[];
  best: Best | undefined;
}

/**
 * Trains a model. A run that was stopped and goes on from its checkpoint gives bit for bit the weights of one that was not
 * (on the same engine): batches are a function of their position, random draws of seed and step.
 *
 * The first SIGINT ends the step at hand, writes a checkpoint and returns with `interrupted`; the second one kills. A loss that
 * is not finite ends the run before the parameters are touched by it.
 *
 * @throws NonFiniteLossError naming step and samples; Error when the folder's checkpoint is of another run
 */
export async function fit<B extends Batch>(config: FitConfig<B>): Promise<FitResult> {
  checkConfig(config);
  const { model, checkpoint, steps, accumulate = 1, eager = false, label = 'train', quiet = false } = config;
  const trained = new Map([...parameters(model)].filter(([name]) => config.trainable?.(name) ?? true));
  if (trained.size === 0) throw new RangeError('fit: the model has no parameter to train');
  const capture = eager ? eagerly : asGraph;
  const optimizer = new Optimizer(config.rule, trained, { groups: config.groups, capture });
  const gradientPass = new GradientPass(trained, config.loss, capture);
  const identity = identityOf(config, trained);
  const interruption = new Interruption();
  const notes: string[] = [];
  let batches: Prefetch<B> | undefined;
  let progress: Progress | undefined;
  try {
    const run = await startOrResume({ model, optimizer, identity, folder: checkpoint?.folder, note: (message) => notes.push(message) });
    progress = new Progress({ label, steps, start: run.step, quiet });
    notes.forEach((message) => progress?.note(message));
    batches = new Prefetch(config.data, run.step * accumulate, steps * accumulate);
    const nextBatch = batches.next.bind(batches);
    const stepConfig = { optimizer, gradientPass, nextBatch, seed: config.seed, accumulate, clipNorm: config.clipNorm };
    const records = !eager && tf.getBackend() === 'tensorflow';
    let samples = 0;
    while (run.step < steps && !interruption.requested) {
      const learningRate = config.schedule(run.step);
      const result = await trainStep(stepConfig, run.step, learningRate);
      record(run.history, run.step, { ...result.values, learningRate });
      run.step++;
      samples += result.samples;
      const facts = { step: run.step, loss: result.values.loss, samples };
      if (records && samples === result.samples) progress.recorded(facts);
      else progress.update(facts);
      await evaluateIfDue(config, run);
      await new Promise((resolve) => setImmediate(resolve)); // lets a signal in, which promises alone do not
      if (checkpoint && (run.step % checkpoint.every === 0 || run.step === steps || interruption.requested)) {
        await save({ model, optimizer, identity, folder: checkpoint.folder, run });
      }
    }
    return { ...run, interrupted: run.step < steps };
  } finally {
    interruption.dispose();
    progress?.stop();
    optimizer.dispose();
    gradientPass.dispose();
    tf.dispose((await batches?.rest()) as tf.TensorContainer);
  }
}

function checkConfig<B extends Batch>({ steps, accumulate = 1, evaluate, checkpoint }: FitConfig<B>): void {
  const counts = { steps, accumulate, 'evaluate.every': evaluate?.every ?? 1, 'checkpoint.every': checkpoint?.every ?? 1 };
  for (const [name, count] of Object.entries(counts)) {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`fit: ${name} must be a positive whole number, got ${count}`);
  }
}

async function evaluateIfDue<B extends Batch>({ model, evaluate, steps, checkpoint }: FitConfig<B>, run: Run): Promise<void> {
  if (!evaluate || (run.step % evaluate.every !== 0 && run.step !== steps)) return;
  const evaluation = { step: run.step, ...(await evaluate.run(run.step)) };
  run.evaluations = [...run.evaluations, evaluation];
  if (!(evaluation.score > (run.best?.score ?? -Infinity))) return;
  run.best = { ...evaluation, weights: stateDict(model) };
  if (!checkpoint) return;
  await mkdir(checkpoint.folder, { recursive: true });
  await saveBest(checkpoint.folder, run.best);
}

interface Place {
  readonly model: object;
  readonly optimizer: Optimizer;
  readonly identity: RunIdentity;
}

async function save({ model, optimizer, identity, folder, run }: Place & { folder: string; run: Run }): Promise<void> {
  const weights = stateDict(model);
  for (const [name, { data }] of weights) {
    if (!data.every(Number.isFinite))
      throw new Error(`fit: ${name} is no longer finite at step ${run.step}; the checkpoint before it is kept`);
  }
  const tensors = new Map([
    ...prefixed('model.', weights),
    ...prefixed('optimizer.', optimizer.state()),
    ...prefixed('history.', historyTensors(run.history)),
  ]);
  const evaluations = run.evaluations.map(saveEvaluation);
  const best = run.best ? saveEvaluation(run.best) : null;
  await saveCheckpoint(folder, { step: run.step, tensors, state: { identity, evaluations, best } as unknown as Json });
}

interface SavedState {
  readonly identity: RunIdentity;
  readonly evaluations: readonly SavedEvaluation[];
  readonly best: SavedEvaluation | null;
}

interface Resuming extends Place {
  readonly folder: string | undefined;
  readonly note: (message: string) => void;
}

async function startOrResume({ model, optimizer, identity, folder, note }: Resuming): Promise<Run> {
  const fresh = { step: 0, history: historyOf(new Map()), evaluations: [], best: undefined };
  const loaded = folder === undefined ? undefined : await loadLatestCheckpoint(folder, note);
  if (!loaded || folder === undefined) return fresh;
  const { identity: saved, evaluations, best } = loaded.state as unknown as SavedState;
  assertSameRun(loaded.file, saved, identity);
  loadStateDict(model, unprefixed('model.', loaded.tensors));
  optimizer.loadState(unprefixed('optimizer.', loaded.tensors));
  const found = best ? await loadBest(folder, loadEvaluation(best)) : undefined;
  if (best && !found) note(`the best weights, of step ${best.step}, are gone; the best of what follows is kept`);
  note(`goes on from ${loaded.file}`);
  return {
    step: loaded.step,
    history: historyOf(unprefixed('history.', loaded.tensors)),
    evaluations: evaluations.map(loadEvaluation),
    best: found,
  };
}

function identityOf<B extends Batch>(config: FitConfig<B>, trained: ReadonlyMap<string, tf.Variable>): RunIdentity {
  const { model, rule, groups = [], seed, accumulate = 1, clipNorm = null, checkpoint } = config;
  const shapes = [...parameters(model), ...buffers(model)].map(([name, { shape }]) => [
    name,
    `[${shape}]${trained.has(name) ? ' trained' : ''}`,
  ]);
  return {
    optimizer: `${rule.name} weightDecay ${rule.weightDecay}`,
    ...flatten(
      'groups',
      groups.map(({ match, ...facts }) => ({ match: String(match), ...facts })),
    ),
    ...flatten('fit', { seed, accumulate, clipNorm }),
    ...flatten('config', checkpoint?.config ?? null),
    ...Object.fromEntries(shapes),
  };
}

function prefixed(prefix: string, tensors: ReadonlyMap<string, HostTensor>): [string, HostTensor][] {
  return [...tensors].map(([name, tensor]) => [prefix + name, tensor]);
}

function unprefixed(prefix: string, tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
