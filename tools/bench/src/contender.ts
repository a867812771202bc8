import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BenchCase } from './cases.js';

export interface Timing {
  readonly ms: number;
  readonly peakMiB: number; // largest resident size of the process so far
}

/** A process that prepares one case and repeats it when asked, so that two of them can take turns. */
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

  prepare(theCase: BenchCase, file: string): Promise<Timing> {
    return this.#ask({ action: 'prepare', case: theCase, file });
  }

  run(): Promise<Timing> {
    return this.#ask({ action: 'run' });
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

/** What computes on our side; asked in a process of its own, because an engine sets what later processes inherit. */
export async function engineOf(): Promise<string> {
  const ours = await startOurs(1, false);
  ours.stop();
  return ours.description.replace(', 1 thread', '');
}

/** RS_PYTHON names another Python than python3. */
const python = process.env.RS_PYTHON ?? 'python3';

export const startPeer = (threads: number): Promise<Contender> =>
  Contender.start(python, [fileURLToPath(new URL('../python/server.py', import.meta.url)), String(threads)]);

export type PeerName = NonNullable<BenchCase['peer']>;

/** The version of a Python package; undefined where it is not installed. */
export function peerVersion(name: PeerName): string | undefined {
  const { status, stdout } = spawnSync(python, ['-c', `import ${name}; print(${name}.__version__)`], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
