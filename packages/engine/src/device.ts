import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';

/** The processor's model, as the operating system gives it. */
export function processorModel(): string {
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim();
  return model === undefined || model === '' || model === 'unknown' ? process.arch : model;
}

/** An NVIDIA driver is there; says nothing about whether TensorFlow can use it. */
export const hasNvidiaDriver = (): boolean => existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl');

/** The first graphics card and its driver, as nvidia-smi names them; undefined where it gives no answer. */
export function graphicsCard(): { model: string; driver: string } | undefined {
  try {
    const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
    const answer = execFileSync('nvidia-smi', query, { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'ignore'] });
    const [model, driver] = answer
      .split('\n')[0]
      .split(',')
      .map((part) => part.trim());
    return model && driver ? { model, driver } : undefined;
  } catch {
    return undefined;
  }
}
