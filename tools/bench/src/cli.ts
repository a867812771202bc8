#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { Command } from 'commander';
import pc from 'picocolors';
import { cases, type BenchCase } from './cases.js';
import { startOurs, startPyTorch, type Contender } from './contender.js';
import { soak } from './soak.js';

const program = new Command('bench')
  .description(
    'Times EDC against PyTorch in the same run: both sides take turns, step by step; minima over rounds. The ratio is ours / theirs, below 1 is faster.',
  )
  .option('--rounds <n>', 'turns of each side', Number, 7)
  .option('--threads <n>', 'threads of each side', Number, 2)
  .option('--filter <text>', 'only cases whose name contains this', '')
  .option('--eager', 'our side op by op instead of as captured graphs')
  .option('--json <file>', 'also write the figures to this file')
  .option('--soak [steps]', 'instead: repeat a small train step and show that tensors and memory stay constant')
  .addHelpText('before', 'npm run bench\nnpm run bench -- --threads 1 --filter "train step"\nnpm run bench -- --soak 500\n')
  .parse();

const options = program.opts<{ rounds: number; threads: number; filter: string; eager?: boolean; json?: string; soak?: string | true }>();

interface Figure {
  readonly name: string;
  readonly oursMs: number;
  readonly theirsMs?: number;
  readonly ratio?: number;
  readonly oursPeakMiB?: number;
}

async function time(theCase: BenchCase, contenders: readonly Contender[]): Promise<Figure> {
  const best = contenders.map(() => Infinity);
  let peak: number | undefined;
  for (const contender of contenders) await contender.prepare(theCase);
  for (let round = -1; round < options.rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const { ms, peakMiB } = await contender.run(theCase.name);
      if (round >= 0) best[i] = Math.min(best[i], ms); // the first turn warms up
      if (i === 0) peak = peakMiB;
    }
  }
  for (const contender of contenders) await contender.release();
  const [oursMs, theirsMs] = best;
  return { name: theCase.name, oursMs, theirsMs, ratio: theirsMs && oursMs / theirsMs, oursPeakMiB: peak };
}

const ms = (value: number | undefined): string => (value === undefined ? '-' : `${value.toFixed(1)} ms`).padStart(11);

if (options.soak !== undefined) {
  process.exitCode = (await soak(options.soak === true ? 500 : Number(options.soak))) ? 0 : 1;
} else {
  const ours = await startOurs(options.threads, options.eager ?? false);
  const theirs = await startPyTorch(options.threads);
  const contenders = theirs ? [ours, theirs] : [ours];
  console.log(`ours:   ${ours.description}, ${options.eager ? 'op by op' : 'captured graphs'}`);
  console.log(`theirs: ${theirs?.description ?? 'PyTorch is not installed here (RS_PYTHON names another Python): no ratios'}`);
  console.log(`${cpus()[0]?.model.trim()}, ${options.threads} threads; minimum of ${options.rounds} turns\n`);
  console.log(`${'case'.padEnd(42)}${'ours'.padStart(11)}${'PyTorch'.padStart(11)}   ours / PyTorch   our peak`);
  const figures: Figure[] = [];
  for (const theCase of cases.filter(({ name }) => name.includes(options.filter))) {
    const figure = await time(theCase, contenders);
    figures.push(figure);
    const ratio = figure.ratio === undefined ? '-' : (figure.ratio <= 1 ? pc.green : pc.yellow)(figure.ratio.toFixed(2));
    console.log(
      `${figure.name.padEnd(42)}${ms(figure.oursMs)}${ms(figure.theirsMs)}   ${ratio.padStart(14)}   ${figure.oursPeakMiB ?? '-'} MiB`,
    );
  }
  for (const contender of contenders) contender.stop();
  if (options.json)
    await writeFile(
      options.json,
      `${JSON.stringify({ ours: ours.description, theirs: theirs?.description, threads: options.threads, figures }, null, 2)}\n`,
    );
}
