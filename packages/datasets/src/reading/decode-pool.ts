import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DecodeJob, DecodeReply } from './decode-worker.js';

const entry = new URL('../../dist/reading/decode-worker.js', import.meta.url); // built, also where this file runs from its source

/** What a job rejects with that was not done at its deadline. */
export class DeadlineError extends Error {}

const idle: Worker[] = [];
const waiting: (() => void)[] = []; // jobs that go on when a worker is idle or has ended
let started = 0;

/** How many workers decode at a time: RS_THREADS, else one a processor. Throws RangeError where RS_THREADS is not a positive integer. */
export function decodeThreads(): number {
  const given = process.env.RS_THREADS;
  if (given === undefined || given === '') return availableParallelism();
  const count = Number(given);
  if (Number.isInteger(count) && count > 0) return count;
  throw new RangeError(`RS_THREADS must be a positive integer, got '${given}'`);
}

/**
 * Decodes blocks in a worker thread. Workers start when they are first needed, are kept, and do not keep the process alive.
 *
 * @param job its spare memory is moved to the worker
 * @param deadline on the clock of performance.now(); a worker that has not answered by then is ended
 * @throws DeadlineError
 */
export async function decodeInWorker(job: DecodeJob, deadline: number): Promise<DecodeReply> {
  while (idle.length === 0 && started >= decodeThreads()) await new Promise<void>((resolve) => waiting.push(resolve));
  const worker = idle.pop() ?? startWorker();
  try {
    const reply = await ask(worker, job, deadline);
    idle.push(worker);
    return reply;
  } catch (error) {
    await worker.terminate(); // another one is started in its place when it is needed
    started--;
    throw error;
  } finally {
    waiting.shift()?.();
  }
}

function startWorker(): Worker {
  const worker = new Worker(entry, { execArgv: [] });
  worker.unref();
  started++;
  return worker;
}

function ask(worker: Worker, job: DecodeJob, deadline: number): Promise<DecodeReply> {
  return new Promise<DecodeReply>((resolve, reject) => {
    worker.postMessage(job, job.spare ? [job.spare] : []);
    // The timer also keeps the process alive until the answer is there.
    const timer = setTimeout(() => done(() => reject(new DeadlineError())), Math.max(0, deadline - performance.now()));
    const onMessage = (reply: DecodeReply): void => done(() => resolve(reply));
    const onError = (error: Error): void => done(() => reject(error));
    const onExit = (code: number): void => done(() => reject(new Error(`a decoding worker ended with code ${code}`)));
    function done(settle: () => void): void {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      settle();
    }
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}
