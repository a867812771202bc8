import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { openSafetensors, writeAtomically, writeSafetensors, type HostTensor } from '@rs/weights';
import type { Json } from './json.js';

/** A training run at one step: tensors, and all else as JSON. */
export interface Checkpoint {
  readonly step: number;
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly state: Json;
}

export interface LoadedCheckpoint extends Checkpoint {
  readonly file: string;
}

const kept = 2;

/** Beside each checkpoint, written after it: a checkpoint without this record was not completed. */
interface CheckpointRecord {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes `checkpoint-<step>.safetensors` and then its record with size and SHA-256, both atomically; of older ones the newest is
 * kept. A crash at any moment leaves a complete checkpoint, if there was one.
 *
 * @returns the path of the file
 */
export async function saveCheckpoint(folder: string, { step, tensors, state }: Checkpoint): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, nameOf(step));
  await rm(recordOf(file), { force: true }); // the same step written again is not complete until it is
  const written = await writeSafetensors(
    file,
    tensors,
    new Map([
      ['step', String(step)],
      ['state', JSON.stringify(state)],
    ]),
  );
  await writeAtomically(recordOf(file), [Buffer.from(`${JSON.stringify(written)}\n`)]);
  await prune(folder, step);
  return file;
}

/**
 * The newest complete and undamaged checkpoint of a folder; undefined when none was ever completed there.
 *
 * @param onDamaged told of each newer one that is passed over
 * @throws Error when there are complete ones, and all are damaged
 */
export async function loadLatestCheckpoint(folder: string, onDamaged?: (message: string) => void): Promise<LoadedCheckpoint | undefined> {
  const problems: string[] = [];
  for (const step of (await stepsIn(folder)).reverse()) {
    const file = path.join(folder, nameOf(step));
    try {
      await verify(file);
      return await read(file, step);
    } catch (error) {
      const { message } = error as Error;
      if (!(error instanceof Incomplete)) problems.push(message);
      onDamaged?.(`${message}; going back to the checkpoint before it`);
    }
  }
  if (problems.length > 0)
    throw new Error(`no checkpoint in ${folder} can be read (${problems.join('; ')}); delete the folder to start afresh`);
  return undefined;
}

class Incomplete extends Error {}

async function verify(file: string): Promise<void> {
  const text = await readFile(recordOf(file), 'utf8').catch(() => undefined);
  if (text === undefined) throw new Incomplete(`${file} was not completed`);
  const { bytes, sha256 } = JSON.parse(text) as CheckpointRecord;
  const { size } = await stat(file);
  if (size !== bytes) throw new Error(`${file} is damaged: it has ${size} bytes, ${bytes} were written`);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  if (hash.digest('hex') !== sha256) throw new Error(`${file} is damaged: its SHA-256 is not the one written`);
}

async function read(file: string, step: number): Promise<LoadedCheckpoint> {
  const opened = await openSafetensors(file);
  try {
    const tensors = new Map<string, HostTensor>();
    for (const name of opened.tensors.keys()) tensors.set(name, await opened.read(name));
    return { file, step, tensors, state: JSON.parse(opened.metadata.get('state') ?? 'null') };
  } finally {
    await opened.close();
  }
}

/** Removes all but the newest, and what interrupted writes left. */
async function prune(folder: string, newest: number): Promise<void> {
  const older = (await stepsIn(folder)).filter((step) => step !== newest);
  const complete: number[] = [];
  for (const step of older.reverse()) {
    const file = path.join(folder, nameOf(step));
    const whole = await stat(recordOf(file)).then(
      () => true,
      () => false,
    );
    if (step < newest && whole && complete.length < kept - 1) complete.push(step);
    else await Promise.all([rm(file, { force: true }), rm(recordOf(file), { force: true })]);
  }
  for (const name of await readdir(folder)) if (/^\.checkpoint-.*\.tmp$/.test(name)) await rm(path.join(folder, name), { force: true });
}

const nameOf = (step: number): string => `checkpoint-${String(step).padStart(9, '0')}.safetensors`;
const recordOf = (file: string): string => file.replace(/\.safetensors$/, '.json');

/** Steps of the checkpoint files in a folder, complete or not, rising. */
async function stepsIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  const steps = names.flatMap((name) => {
    const match = /^checkpoint-(\d+)\.safetensors$/.exec(name);
    return match ? [Number(match[1])] : [];
  });
  return steps.sort((a, b) => a - b);
}
