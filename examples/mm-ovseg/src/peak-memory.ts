import { readFileSync } from 'node:fs';

/**
 * The largest resident memory that this process has had, in bytes: its own since it began to run this program. Linux counts into `ru_maxrss`, which
 * Node gives, the peak of the process that started this one, and so the training before it.
 */
export function peakMemory(): number {
  const own = /VmHWM:\s+(\d+) kB/.exec(statusOfProcess());
  return 1024 * (own ? Number(own[1]) : process.resourceUsage().maxRSS);
}

/** Empty where there is no /proc. */
function statusOfProcess(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
