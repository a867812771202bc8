import * as tf from '@tensorflow/tfjs-core';
import type { Adapters, CaseOptions } from './adapter.js';
import { listCases, readCase, type Case } from './case.js';
import { exact, Mismatch, worst, type Deviation } from './compare.js';

export interface OpResult {
  readonly op: string;
  readonly passed: number;
  readonly failures: readonly { readonly name: string; readonly reason: string; readonly error: unknown }[];
  readonly deviation: Deviation;
}

export interface RunOptions extends Partial<CaseOptions> {
  readonly folder: string;
  readonly filter?: string; // part of a case's name, such as "dchf/"
  readonly adapters: Adapters;
  readonly onOp?: (result: OpResult) => void;
}

const errorDeadline = 10_000; // ms within which bad input must have been refused

/** Runs every case below `folder`, op by op; never throws for a case that fails. */
export async function run({ folder, filter, adapters, captured = false, onOp }: RunOptions): Promise<OpResult[]> {
  const byOp = new Map<string, string[]>();
  for (const name of await listCases(folder, filter)) {
    const op = name.split('--')[0];
    byOp.set(op, [...(byOp.get(op) ?? []), name]);
  }
  const results: OpResult[] = [];
  for (const [op, names] of byOp) {
    let passed = 0;
    let deviation = exact;
    const failures: { name: string; reason: string; error: unknown }[] = [];
    for (const name of names) {
      try {
        deviation = worst(deviation, await runCase(await readCase(folder, name), adapters, { captured }));
        passed++;
      } catch (error) {
        failures.push({ name, reason: error instanceof Error ? error.message : String(error), error });
      }
    }
    const result = { op, passed, failures, deviation };
    onOp?.(result);
    results.push(result);
  }
  return results;
}

async function runCase(theCase: Case, adapters: Adapters, options: CaseOptions): Promise<Deviation> {
  if (!Object.hasOwn(adapters, theCase.op)) throw new Mismatch(`no adapter for the op ${theCase.op}`);
  const adapter = adapters[theCase.op];
  const tensorsBefore = tf.memory().numTensors;
  const deviation = theCase.error ? await mustFail(theCase, () => adapter(theCase, options)) : await adapter(theCase, options);
  const left = tf.memory().numTensors - tensorsBefore;
  if (left !== 0) throw new Mismatch(`${left} tensors left behind`);
  return deviation;
}

async function mustFail(theCase: Case, call: () => Promise<Deviation>): Promise<Deviation> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Mismatch(`no error within ${errorDeadline / 1000} s`)), errorDeadline);
  });
  const outcome = await Promise.race([
    call().then(
      () => undefined,
      (error: unknown) => ({ error }),
    ),
    deadline,
  ]).finally(() => clearTimeout(timer));
  if (!outcome) throw new Mismatch('an error was expected, none came');
  const { error } = outcome;
  if (!(error instanceof Error)) throw new Mismatch(`an Error was expected, ${String(error)} was thrown`);
  let message = '';
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) message += `${cause.message}\n`;
  for (const pattern of theCase.error?.mustMention ?? []) {
    if (!new RegExp(pattern, 'i').test(message)) throw new Mismatch(`the error does not mention /${pattern}/: ${message.trim()}`);
  }
  return exact;
}
