import { createInterface } from 'node:readline';
import { engineLine, useEngine } from '@rs/engine';
import type { BenchCase } from './cases.js';
import { prepare, type Prepared } from './edc-step.js';

// Our contender: the same requests and answers, a line each, as python/server.py.
const engine = await useEngine({ quiet: true });
const prepared = new Map<string, Prepared>();
const answer = (value: object): void => console.log(JSON.stringify(value));
answer({ ready: engineLine(engine) });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { action: 'prepare'; case: BenchCase } | { action: 'run'; name: string } | { action: 'release' };
  if (request.action === 'prepare') prepared.set(request.case.name, prepare(request.case, process.argv.includes('--eager')));
  if (request.action === 'release') {
    for (const one of prepared.values()) one.dispose();
    prepared.clear();
  }
  const start = performance.now();
  if (request.action === 'run') (prepared.get(request.name) as Prepared).run();
  answer({ ms: performance.now() - start, peakMiB: Math.round(process.resourceUsage().maxRSS / 1024) });
}
