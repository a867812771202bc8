import { createInterface } from 'node:readline';
import { engineLine, useEngine } from '@rs/engine';
import type { BenchCase } from './cases.js';
import { prepare, type Prepared } from './works/index.js';

// Our contender: the same requests and answers, a line each, as python/server.py.
const engine = await useEngine({ quiet: true });
const eager = process.argv.includes('--eager');
let prepared: Prepared | undefined;
const answer = (value: object): void => console.log(JSON.stringify(value));
answer({ ready: engineLine(engine) });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { action: 'prepare'; case: BenchCase; file: string } | { action: 'run' };
  if (request.action === 'prepare') prepared = await prepare(request.case.work, { eager, file: request.file });
  const start = performance.now();
  if (request.action === 'run') await prepared?.run();
  answer({ ms: performance.now() - start, peakMiB: Math.round(process.resourceUsage().maxRSS / 1024) });
}
