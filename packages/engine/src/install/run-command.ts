import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly status: number | null; // null: not found, not startable, or ended by a signal
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end without blocking the event loop; a program that does not exist is a result, no exception. */
export function runCommand(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => resolve({ status: null, signal: null, stdout, stderr: error.message }));
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
}

/** The last lines of a program's complaint that say something, on one line. */
export function lastWords({ stdout, stderr, signal }: CommandResult): string {
  const lines = (stderr.trim() || stdout.trim()).split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-3).join(' ').trim() || (signal ? `ended by ${signal}` : 'no message');
}
