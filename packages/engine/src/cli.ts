#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { diagnose, type Diagnosis } from './install/doctor.js';
import { installNative } from './install/install.js';
import { silentProgress, streamProgress } from './install/progress.js';

const exitCode = { failure: 1, usage: 2, noEngine: 4 } as const;
const colours = (stream: NodeJS.WriteStream): ReturnType<typeof pc.createColors> =>
  pc.createColors(Boolean(stream.isTTY) && pc.isColorSupported);

interface Options {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly gpu?: boolean;
  readonly force?: boolean;
}

function buildProgram(): Command {
  const program = new Command('rs-engine')
    .description('Installs TensorFlow for Node, and says what works on this machine.')
    .option('--quiet', 'no messages and no progress')
    .option('--verbose', 'print the stack of an error')
    .exitOverride()
    .showHelpAfterError('(see rs-engine --help)')
    .addHelpText(
      'beforeAll',
      'Examples:\n  rs-engine install\n  rs-engine install --gpu\n  rs-engine doctor\n  RS_CACHE=/data/cache rs-engine install\n',
    );
  program
    .command('install')
    .description('fetch TensorFlow with pip and compile the bridge to Node; does nothing when that is done')
    .option('--gpu', 'the library for NVIDIA GPUs, with CUDA')
    .option('--force', 'make everything anew')
    .option('--json', 'the result as JSON')
    .action((options: Options) => install({ ...program.opts(), ...options }));
  program
    .command('doctor')
    .description('say what is there and what is missing; exit code 4 when no engine works')
    .option('--json', 'as JSON')
    .action((options: Options) => doctor({ ...program.opts(), ...options }));
  return program;
}

async function install({ gpu = false, force = false, json, quiet }: Options): Promise<void> {
  const progress = quiet ? silentProgress : streamProgress(process.stderr);
  const started = Date.now();
  const result = await installNative({ gpu, force, progress });
  const seconds = (Date.now() - started) / 1000;
  if (json) process.stdout.write(`${JSON.stringify({ ...result, seconds }, null, 2)}\n`);
  else if (!quiet) process.stderr.write(`TensorFlow ${result.version}${result.gpu ? ' for GPUs' : ''} is ${result.status}\n`);
}

async function doctor({ json }: Options): Promise<void> {
  const diagnosis = await diagnose();
  process.stdout.write(json ? `${JSON.stringify(diagnosis, null, 2)}\n` : renderDiagnosis(diagnosis));
  if (diagnosis.engine === null) process.exitCode = exitCode.noEngine;
}

function renderDiagnosis({ engine, findings }: Diagnosis): string {
  const { green, red, yellow } = colours(process.stdout);
  const marks = { ok: green('ok     '), missing: red('missing'), note: yellow('note   ') };
  const width = Math.max(...findings.map(({ item }) => item.length));
  const lines = findings.map(({ item, state, text }) => `${item.padEnd(width)}  ${marks[state]}  ${text}`);
  const verdict =
    engine === null
      ? 'No engine works here; see what is missing above.'
      : engine === 'wasm'
        ? 'Works on WebAssembly; `npx rs-engine install` makes TensorFlow work, which is 6 to 10 times faster.'
        : `Works on TensorFlow (${engine}).`;
  return `${lines.join('\n')}\n\n${verdict}\n`;
}

const program = buildProgram();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : exitCode.usage; // commander printed its own message
  } else {
    const { message, stack } = error as Error;
    process.stderr.write(`${colours(process.stderr).red('rs-engine:')} ${message}\n`);
    if (program.opts().verbose) process.stderr.write(`${stack}\n`);
    process.exitCode = exitCode.failure;
  }
}
