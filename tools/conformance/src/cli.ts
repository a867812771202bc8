#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { useEngine } from '@rs/engine';
import { run, type OpResult } from './run.js';

const program = new Command('conformance')
  .description('Runs every conformance case against the packages.')
  .option('--dir <folder>', 'folder of cases', fileURLToPath(new URL('../fixtures', import.meta.url)))
  .option('--filter <text>', 'only cases whose name contains this, such as dchf/ or nn/Conv2d')
  .addOption(
    new Option('--engine <name>', 'engine to run on (default: the best that works here)').choices(['native', 'native-gpu', 'wasm', 'cpu']),
  )
  .option('--captured', 'tensor ops as captured graphs, forward and backward (on the native engine)')
  .option('--json', 'one JSON object an op on stdout')
  .option('--verbose', 'stack traces of failed cases')
  .addHelpText(
    'before',
    'npm run conformance\nnpm run conformance -- --filter dchf/\nnpm run conformance -- --dir ../cases --engine wasm\n',
  )
  .configureOutput({ outputError: (text, write) => write(text) })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

const options = program.opts<{
  dir: string;
  filter?: string;
  engine?: 'native' | 'native-gpu' | 'wasm' | 'cpu';
  captured?: boolean;
  json?: boolean;
  verbose?: boolean;
}>();

function print(result: OpResult): void {
  if (options.json)
    return console.log(JSON.stringify({ ...result, failures: result.failures.map(({ name, reason }) => ({ name, reason })) }));
  const total = result.passed + result.failures.length;
  const verdict = result.failures.length === 0 ? pc.green('passed') : pc.red('FAILED');
  const { relative, ofTolerance } = result.deviation;
  console.log(
    `${result.op.padEnd(40)} ${`${result.passed}/${total}`.padStart(6)}  ${verdict}  worst relative error ${relative.toExponential(1)}, ${(100 * ofTolerance).toFixed(1)} % of the tolerance`,
  );
  for (const { name, reason, error } of result.failures) {
    console.log(`    ${name}: ${reason}`);
    if (options.verbose && error instanceof Error) console.log(error.stack);
  }
}

try {
  await useEngine({ engine: options.engine, quiet: options.json });
  const { adapters } = await import('./adapters.js');
  const folder = path.resolve(process.env.INIT_CWD ?? '.', options.dir);
  const results = await run({ folder, filter: options.filter, adapters, captured: options.captured, onOp: print });
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failures.length, 0);
  if (passed + failed === 0) {
    console.error(`conformance: no case below ${folder} matches ${JSON.stringify(options.filter ?? '')}`);
    process.exit(2);
  }
  if (!options.json) console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  console.error(`conformance: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof Error && error.name === 'EngineError' ? 4 : 1;
}
