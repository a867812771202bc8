import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BenchCase } from './cases.js';

export interface Timing {
  readonly ms: number;
  readonly peakMiB?: number; // largest resident size of the process so far
}

/** A process that builds cases and runs them one at a time when asked, so that two of them can take turns. */
export class Contender {
  #lines: AsyncIterator<string>;

  private constructor(
    readonly description: string,
    private readonly child: ChildProcessWithoutNullStreams,
    lines: Interface,
    iterator: AsyncIterator<string>,
  ) {
    this.#lines = iterator;
    child.on('exit', () => lines.close());
  }

  static async start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Contender> {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    }) as unknown as ChildProcessWithoutNullStreams;
    const lines = createInterface({ input: child.stdout });
    const iterator = lines[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done) throw new Error(`${command} ${args.join(' ')} ended before it was ready`);
    return new Contender((JSON.parse(first.value) as { ready: string }).ready, child, lines, iterator);
  }

  prepare(theCase: BenchCase): Promise<Timing> {
    return this.#ask({ action: 'prepare', case: theCase });
  }

  run(name: string): Promise<Timing> {
    return this.#ask({ action: 'run', name });
  }

  release(): Promise<Timing> {
    return this.#ask({ action: 'release' });
  }

  stop(): void {
    this.child.stdin.end();
  }

  async #ask(request: object): Promise<Timing> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`${this.description} ended while it was asked to ${JSON.stringify(request).slice(0, 80)}`);
    return JSON.parse(value) as Timing;
  }
}

export const startOurs = (threads: number, eager: boolean): Promise<Contender> =>
  Contender.start(process.execPath, [fileURLToPath(new URL('./server.js', import.meta.url)), ...(eager ? ['--eager'] : [])], {
    RS_THREADS: String(threads),
  });

/** PyTorch, when some Python on this machine has it: `RS_PYTHON`, else python3. */
export async function startPyTorch(threads: number): Promise<Contender | undefined> {
  const python = process.env.RS_PYTHON ?? 'python3';
  if (spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status !== 0) return undefined;
  return Contender.start(python, [fileURLToPath(new URL('../python/server.py', import.meta.url)), String(threads)]);
}
