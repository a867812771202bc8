import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BenchCase } from './cases.js';
import { startOurs, startPeer } from './contender.js';

export interface Figure {
  readonly name: string;
  readonly threads: number;
  readonly oursMs: number; // minimum over the rounds
  readonly theirsMs?: number;
  readonly ratio?: number; // ours / theirs
  readonly peakMiB: number; // of our process
  readonly startMiB: number; // of our process before the work
}

export interface MeasureOptions {
  readonly rounds: number;
  readonly threads: number;
  readonly eager: boolean;
  readonly withPeer: boolean;
}

/** Both sides in processes of their own, in turns: what else the machine does then meets both. The first turn of each is not counted. */
export async function measure(theCase: BenchCase, { rounds, threads, eager, withPeer }: MeasureOptions): Promise<Figure> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rs-bench-'));
  const ours = await startOurs(threads, eager);
  const theirs = withPeer ? await startPeer(threads) : undefined;
  try {
    const file = path.join(folder, 'shared.tif');
    await theirs?.prepare(theCase, file); // the peer writes what both read
    const { peakMiB: startMiB } = await ours.prepare(theCase, file);
    let [oursMs, theirsMs, peakMiB] = [Infinity, Infinity, 0];
    for (let round = -1; round < rounds; round++) {
      const own = await ours.run();
      const other = await theirs?.run();
      peakMiB = own.peakMiB;
      if (round < 0) continue;
      oursMs = Math.min(oursMs, own.ms);
      if (other) theirsMs = Math.min(theirsMs, other.ms);
    }
    const compared = theirs && { theirsMs, ratio: oursMs / theirsMs };
    return { name: theCase.name, threads, oursMs, ...compared, peakMiB, startMiB };
  } finally {
    ours.stop();
    theirs?.stop();
    await rm(folder, { recursive: true });
  }
}
