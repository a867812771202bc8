#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { Command } from 'commander';
import pc from 'picocolors';
import { besideBaseline, readBaseline, saveBaseline } from './baseline.js';
import { cases, type BenchCase } from './cases.js';
import { engineOf, peerVersion, type PeerName } from './contender.js';
import { growthOf } from './growth.js';
import { measure, type Figure } from './measure.js';
import { soak } from './soak.js';

const program = new Command('bench')
  .description(
    'Times @rs against its Python peers in the same run: both sides take turns, step by step; minima over rounds. The ratio is ours / theirs, below 1 is faster.',
  )
  .option('--rounds <n>', 'turns of each side', Number, 7)
  .option('--threads <list>', 'threads of each side, one table a number', (text) => text.split(',').map(Number), [1, 2])
  .argument('[filter]', 'only cases whose name contains this', '')
  .option('--filter <text>', 'the same as the argument')
  .option('--eager', 'our side op by op instead of as captured graphs')
  .option('--json <file>', 'also write the figures to this file')
  .option('--save-baseline', 'keep the ratios as the baseline that later runs are set beside')
  .option('--soak [steps]', 'instead: repeat a small train step and show that tensors and memory stay constant')
  .addHelpText(
    'beforeAll',
    'npm run bench\nnpm run bench -- scan\nnpm run bench -- --threads 1 --filter "train step"\nnpm run bench -- --soak 500\n',
  )
  .parse();

interface Options {
  readonly rounds: number;
  readonly threads: readonly number[];
  readonly filter?: string;
  readonly eager?: boolean;
  readonly json?: string;
  readonly saveBaseline?: boolean;
  readonly soak?: string | true;
}

const options = program.opts<Options>();
const filter = options.filter ?? program.args[0] ?? '';
const machine = cpus()[0]?.model.trim();

async function compare(): Promise<void> {
  const names = ['torch', 'torchmetrics', 'tifffile'] as const;
  const versions = new Map<PeerName | undefined, string | undefined>(names.map((name) => [name, peerVersion(name)]));
  const engine = await engineOf();
  const peers = names.map((name) => `${name} ${versions.get(name) ?? 'not installed (RS_PYTHON names another Python)'}`).join(', ');
  console.log(
    `ours:   ${engine}, ${options.eager ? 'op by op' : 'captured graphs, weights frozen in forward passes'}, Node ${process.versions.node}`,
  );
  console.log(`theirs: ${peers}\nminimum of ${options.rounds} turns; ratio: ours / theirs\n`);
  const baseline = await readBaseline();
  const figures: Figure[] = [];
  for (const threads of options.threads) {
    const heading = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    console.log(`${heading.padEnd(44)}       ours     theirs   ratio   goal     baseline   our peak`);
    for (const theCase of cases.filter(({ name }) => name.includes(filter))) {
      const withPeer = versions.get(theCase.peer) !== undefined;
      if (theCase.peer === 'tifffile' && !withPeer) {
        console.log(`${theCase.name.padEnd(44)} needs tifffile, which writes the file`);
        continue;
      }
      const figure = await measure(theCase, { rounds: options.rounds, threads, eager: options.eager ?? false, withPeer });
      figures.push(figure);
      console.log(lineOf(theCase, figure, besideBaseline(baseline, figure)));
    }
    for (const line of growthOf(
      cases,
      figures.filter((figure) => figure.threads === threads),
    ))
      console.log(line);
    console.log('');
  }
  const missed = figures.filter(({ name, ratio = 0 }) => ratio > goalOf(name));
  for (const { name, threads, ratio = 0 } of missed)
    console.log(`goal missed: ${name}, ${threads} threads: ${ratio.toFixed(2)}, goal ${goalOf(name)}`);
  const measured = `${engine}; ${peers}; ${machine}; ${new Date().toISOString().slice(0, 10)}`;
  if (options.saveBaseline) await saveBaseline(measured, figures);
  if (options.json) await writeFile(options.json, `${JSON.stringify({ measured, figures }, null, 2)}\n`);
}

const goalOf = (name: string): number => cases.find((theCase) => theCase.name === name)?.goal ?? Infinity;

function lineOf({ name, goal }: BenchCase, { oursMs, theirsMs, ratio, peakMiB }: Figure, before: string): string {
  const ms = (value: number | undefined): string => (value === undefined ? '-' : `${value.toFixed(1)} ms`).padStart(11);
  const told = ratio === undefined ? '-'.padStart(8) : (ratio <= (goal ?? Infinity) ? pc.green : pc.yellow)(ratio.toFixed(2).padStart(8));
  return `${name.padEnd(44)}${ms(oursMs)}${ms(theirsMs)}${told}${(goal?.toFixed(2) ?? '').padStart(7)}${before.padStart(13)}${`${peakMiB} MiB`.padStart(11)}`;
}

if (options.soak !== undefined) process.exitCode = (await soak(options.soak === true ? 500 : Number(options.soak))) ? 0 : 1;
else await compare();
