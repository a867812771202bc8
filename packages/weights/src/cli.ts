#!/usr/bin/env node
import { SingleBar } from 'cli-progress';
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { openCheckpoint } from './checkpoint.js';
import { locateWeights } from './from-pretrained.js';
import type { HostTensor } from './host-tensor.js';
import { writeSafetensors } from './safetensors.js';
import { listTensors, renderListing } from './show.js';
import { WeightsFileError } from './weights-file.js';

const exitCode = { failure: 1, usage: 2, badFile: 3 } as const;

interface Options {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly sha256?: string;
}

function buildProgram(): Command {
  const program = new Command('rs-weights')
    .description('Shows and converts files of weights: safetensors, PyTorch .pth / .pt. IN and FILE may be an http(s) URL.')
    .option('--quiet', 'no messages and no progress')
    .option('--verbose', 'print the stack of an error')
    .exitOverride()
    .showHelpAfterError('(see rs-weights --help)')
    .addHelpText(
      'beforeAll',
      'Examples:\n  rs-weights show fastervit_0.pth.tar\n  rs-weights show --json model.safetensors\n  rs-weights convert fastervit_0.pth.tar fastervit_0.safetensors\n',
    );
  program
    .command('show')
    .description('list names, types, shapes and sizes')
    .argument('<FILE>')
    .option('--json', 'as JSON')
    .option('--sha256 <HEX>', 'refuse any other content')
    .action((file: string, options: Options) => show(file, { ...program.opts(), ...options }));
  program
    .command('convert')
    .description('write the state dict as safetensors, types kept')
    .argument('<IN>')
    .argument('<OUT>', 'ends in .safetensors')
    .option('--sha256 <HEX>', 'refuse any other content of IN')
    .action((from: string, to: string, options: Options) => convert(from, to, { ...program.opts(), ...options }));
  return program;
}

async function show(file: string, options: Options): Promise<void> {
  const weights = await openCheckpoint(await locate(file, options));
  try {
    const listing = listTensors(weights);
    process.stdout.write(options.json ? `${JSON.stringify(listing, null, 2)}\n` : renderListing(listing));
  } finally {
    await weights.close();
  }
}

async function convert(from: string, to: string, options: Options): Promise<void> {
  if (!to.endsWith('.safetensors')) throw new CommanderError(exitCode.usage, 'rs-weights.out', `OUT must end in .safetensors, got ${to}`);
  const weights = await openCheckpoint(await locate(from, options));
  try {
    const tensors = new Map<string, HostTensor>();
    for (const name of weights.tensors.keys()) tensors.set(name, await weights.read(name));
    const { bytes, sha256 } = await writeSafetensors(to, tensors, weights.metadata);
    if (!options.quiet) process.stderr.write(`${to}: ${tensors.size} tensors, ${bytes} bytes, SHA-256 ${sha256}\n`);
  } finally {
    await weights.close();
  }
}

async function locate(file: string, { sha256, quiet }: Options): Promise<string> {
  if (quiet || !process.stderr.isTTY) return locateWeights(file, { sha256 });
  const bar = new SingleBar({ format: '{bar} {percentage}% | {value} of {total} bytes | {eta_formatted} left', clearOnComplete: true });
  try {
    return await locateWeights(file, {
      sha256,
      onProgress: ({ received, total = received }) => (bar.isActive ? bar.update(received) : bar.start(total, received)),
    });
  } finally {
    bar.stop();
  }
}

const program = buildProgram();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    if (error.code === 'rs-weights.out') process.stderr.write(`rs-weights: ${error.message}\n`); // commander printed its own
    process.exitCode = error.exitCode === 0 ? 0 : exitCode.usage;
  } else {
    const { message, stack } = error as Error;
    process.stderr.write(
      `${pc.createColors(Boolean(process.stderr.isTTY) && !process.env.NO_COLOR).red('rs-weights:')} ${message.replaceAll('\n', ' ')}\n`,
    );
    if (program.opts().verbose) process.stderr.write(`${stack}\n`);
    process.exitCode =
      error instanceof WeightsFileError ? exitCode.badFile : error instanceof TypeError ? exitCode.usage : exitCode.failure;
  }
}
