/** What the tests of example apps work with. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expect, vi } from 'vitest';
import { exitCodeOf, messageOf, type FinishedRun, type Reporter, type Reproduced, type ReproduceOptions } from '../src/index.js';

export const silent: Reporter = { stage() {}, progress() {}, note() {} };

/** A reporter that keeps what it is told. */
export function recorder(): { readonly reporter: Reporter; readonly stages: string[]; readonly notes: string[] } {
  const [stages, notes]: string[][] = [[], []];
  return { reporter: { ...silent, stage: (text) => void stages.push(text), note: (text) => void notes.push(text) }, stages, notes };
}

/** The rows that were trained, of the stages that a run tells: 'EDC, seed 0'. */
export const trainedRows = (stages: readonly string[]): string[] =>
  stages.filter((text) => text.endsWith(': training')).map((text) => text.replace(': training', ''));

/** Seed 0, op by op, without a word. */
export const silentOptions = <C>(
  asked: Pick<ReproduceOptions<C>, 'config' | 'tables' | 'out'> & Partial<ReproduceOptions<C>>,
): ReproduceOptions<C> => ({
  seeds: [0],
  figures: [],
  fresh: false,
  engine: 'test',
  reporter: silent,
  eager: true,
  quiet: true,
  ...asked,
});

/** What a command says of the error of `work`, and its exit code. */
export const told = (work: Promise<unknown>): Promise<{ code: number; message: string }> =>
  work.then(
    () => expect.fail('expected an error'),
    (error: unknown) => ({ code: exitCodeOf(error), message: messageOf(error) }),
  );

/** What `work` throws when SIGINT comes with the line of progress of step `step` of the training that `label` begins. */
export async function interruptedAfter(label: string, step: number, work: () => Promise<unknown>): Promise<unknown> {
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    if (String(text).startsWith(label) && String(text).includes(` ${step}/`)) process.emit('SIGINT');
    return true;
  });
  try {
    return await work().catch((error: unknown) => error);
  } finally {
    write.mockRestore();
  }
}

/** What `work` gives, once no more tensors are alive than before it. */
export async function leavingNoTensor<T>(work: () => Promise<T>): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await work();
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

/** A finished run with made-up figures. */
export const madeUpRun = <E>(label: string, seed: number, evaluation: E, made: Partial<FinishedRun<E>> = {}): FinishedRun<E> => ({
  label,
  seed,
  evaluation,
  steps: 1,
  scoredStep: 1,
  seconds: 1,
  engine: 'test',
  curves: {},
  validation: [],
  ...made,
});

/** The reproduced rows of each table: label, then cells. */
export const reproducedCells = ({ tables }: Pick<Reproduced, 'tables'>): unknown[][][] =>
  tables.map(({ rows }) => rows.filter(({ source }) => source === 'reproduced').map(({ label, cells }) => [label, ...cells]));

/** What a run of seed 0 left in the folder of a row ('edc-star'). */
export const filesOf = (folder: string, row: string): string[] => readdirSync(path.join(folder, row, 'seed-0')).sort();
export const resultFile = (folder: string, row: string): string => path.join(folder, row, 'seed-0', 'result.json');
export const weightsOf = (folder: string, row: string): Buffer => readFileSync(path.join(folder, row, 'seed-0', 'weights.safetensors'));

/** Each table lies in `folder` in all its forms. */
export function expectTables(folder: string, names: readonly string[]): void {
  for (const name of names)
    for (const extension of ['md', 'csv', 'json', 'txt']) expect(existsSync(path.join(folder, `${name}.${extension}`))).toBe(true);
}

/** The report holds each text, and loads nothing from elsewhere. */
export function expectReport(file: string, texts: readonly string[]): void {
  const html = readFileSync(file, 'utf8');
  for (const text of texts) expect(html).toContain(text);
  expect(html.match(/(?:src|href)="(?!data:|#)[^"]*"/g)).toBeNull();
  expect(html.match(/https?:\/\/(?!www\.w3\.org\/)[^"<\s]*/g)).toBeNull(); // w3.org: the name of the SVG language, which nothing loads
}

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A built command, as a user types it in `folder`. */
export const builtCommand =
  (cli: URL, folder: string) =>
  (...words: string[]): Said => {
    const env = { ...process.env, INIT_CWD: folder };
    const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(cli), ...words], { cwd: folder, env, encoding: 'utf8' });
    return { code: status, stdout, stderr };
  };

export const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
