#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { engineLine, useEngine } from '@rs/engine';
import { toJson, toTerminal } from '@rs/report';
import { readConfig } from './config.js';
import { exitCodeOf, messageOf } from './exit-codes.js';
import { terminalReporter } from './progress.js';
import { reproduce, tableNumbers } from './reproduce.js';

const configFolder = fileURLToPath(new URL('../config', import.meta.url));
const here = process.env.INIT_CWD ?? process.cwd(); // where the user typed the command

interface Options {
  table?: number[];
  data?: string;
  config?: string;
  quick?: boolean;
  seeds: number[];
  out: string;
  fresh?: boolean;
  eager?: boolean;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

const numbers = (text: string): number[] => {
  const wrong = text.split(',').find((part) => !/^\d+$/.test(part));
  if (wrong !== undefined) throw new InvalidArgumentError(`expected whole numbers separated by commas, found ${JSON.stringify(wrong)}`);
  return [...new Set(text.split(',').map(Number))];
};

const tablesOf = (text: string): number[] => {
  const chosen = numbers(text);
  const unknown = chosen.find((number) => !tableNumbers.includes(number));
  if (unknown !== undefined) throw new InvalidArgumentError(`there is no table ${unknown}; there are ${tableNumbers.join(', ')}`);
  return chosen;
};

async function run(options: Options): Promise<void> {
  const reporter = terminalReporter({ quiet: options.quiet ?? false });
  const standard = `${options.data ? 'm3m-cr' : 'synthetic'}${options.quick ? '-quick' : ''}.yaml`;
  const config = await readConfig(options.config ? path.resolve(here, options.config) : path.join(configFolder, standard));
  const tables = options.table ?? [...tableNumbers];
  const engine = await useEngine({ quiet: true });
  reporter.stage(`EDC, ${config.name}: ${engineLine(engine)}`);
  const {
    folder,
    report,
    tables: built,
  } = await reproduce({
    config,
    dataRoot: options.data && path.resolve(here, options.data),
    seeds: options.seeds,
    tables,
    out: path.resolve(here, options.out),
    fresh: options.fresh ?? false,
    engine: engineLine(engine),
    reporter,
    eager: options.eager ?? false,
    quiet: options.quiet ?? false,
  });
  for (const table of built) console.log(options.json ? JSON.stringify(JSON.parse(toJson(table))) : `\n${toTerminal(table)}`);
  if (options.quiet) return;
  console.error(`\n${pc.bold('Report:')} ${shown(report)}\nTables, weights and config: ${shown(folder)}`);
}

/** As one would type it: relative below the folder where the command was given. */
function shown(file: string): string {
  const relative = path.relative(here, file);
  return relative.startsWith('..') ? file : relative;
}

const withOptions = (command: Command): Command =>
  command
    .option('--table <numbers>', `tables to rebuild, such as 1 or 1,2; there are ${tableNumbers.join(', ')}`, tablesOf)
    .option('--data <folder>', 'folder of M3M-CR with train/ and test/ (default: a synthetic world is written and read back)')
    .option('--config <file>', 'YAML config (default: the one that fits --data and --quick)')
    .option('--quick', 'a run of minutes, far from convergence')
    .option('--seeds <list>', 'runs, one a seed: 0,1,2 prints mean and spread', numbers, [0])
    .option('--out <folder>', 'where results go', 'runs/edc')
    .option('--fresh', 'forget what an earlier run of the same config has finished')
    .option('--eager', 'op by op instead of as captured graphs: slower, easier to look into')
    .option('--json', 'tables as JSON on stdout, one a line')
    .option('--quiet', 'no messages, only the tables')
    .option('--verbose', 'stack traces of errors')
    .action(run);

const program = new Command('edc')
  .description('EDC: optical-SAR segmentation under clouds, from GeoTIFFs to the tables of the paper.')
  .exitOverride();
withOptions(
  program.command('start').description('the whole pipeline at small scale on a synthetic world: Tables I and II and an HTML report'),
);
withOptions(program.command('reproduce').description("rebuilds the paper's tables"));
program.addHelpText(
  'beforeAll',
  `npm start
npm run reproduce -- edc --table 1
npm run reproduce -- edc --table 1 --seeds 0,1,2
npm run reproduce -- edc --table 2 --data /data/M3M-CR
npm run reproduce -- edc --table 1 --data FOLDER --quick
`,
);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(`edc: ${messageOf(error)}`);
    if (process.argv.includes('--verbose') && error instanceof Error) console.error(error.stack);
    process.exitCode = exitCodeOf(error);
  }
}
