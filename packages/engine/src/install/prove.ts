import { fileURLToPath } from 'node:url';
import { lastWords, runCommand } from './run-command.js';

/** What TensorFlow said of itself in a process of its own, or why it did not work there. */
export type Proof =
  { readonly works: true; readonly version: string; readonly onGpu: boolean } | { readonly works: false; readonly reason: string };

/** Loads TensorFlow in a child process and multiplies two matrices with it: a library that crashes takes only the child down. */
export async function proveNative(): Promise<Proof> {
  const entry = fileURLToPath(new URL('../../dist/install/prove-main.js', import.meta.url));
  const result = await runCommand(process.execPath, [entry]);
  if (result.status !== 0) return { works: false, reason: lastWords(result) };
  const { version, onGpu } = JSON.parse(result.stdout) as { version: string; onGpu: boolean };
  return { works: true, version, onGpu };
}
