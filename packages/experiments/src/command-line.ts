import path from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { engineLine, useEngine } from '@rs/engine';
import { toJson, toTerminal, type Table } from '@rs/report';
import { unknownNumber } from './chosen-numbers.js';
import { exitCodeOf, messageOf } from './exit-codes.js';
import { terminalReporter, type Reporter } from './reporter.js';

/** What an app is asked to do. */
export interface ReproduceOptions<C> {
  readonly config: C;
  readonly dataRoot?: string; // absent for a synthetic world
  readonly seeds: readonly number[];
  readonly tables: readonly number[];
  readonly figures: readonly number[];
  readonly baselines?: readonly string[]; // other papers' methods to run beside, by name; absent where none was asked for
  readonly out: string;
  readonly fresh: boolean; // forget what an earlier session has finished
  readonly engine: string; // in one line
  readonly reporter: Reporter;
  readonly eager: boolean; // op by op instead of as graphs
  readonly quiet: boolean;
}

/** What came of it. */
export interface Reproduced {
  readonly folder: string;
  readonly report: string; // the HTML file
  readonly tables: readonly Table[]; // in the order in which they are printed
}

/** What there is to rebuild, by the paper's number. */
export interface Contents {
  readonly tables: Readonly<Record<number, string>>; // titles
  readonly figures: Readonly<Record<number, string>>;
}

/** An example app: what its command line says, and the two functions behind it. */
export interface App<C extends { readonly name: string }> {
  readonly name: string; // of the command: 'edc'
  readonly title: string; // 'EDC'
  readonly description: string;
  readonly examples: readonly string[]; // stand first in --help
  readonly commands: Readonly<Record<string, string>>; // with what --help says of each; all do the same with other defaults in mind
  readonly tables: readonly number[]; // those that it rebuilds, by the paper's number
  readonly figures?: readonly number[]; // the same; default: none, and no --figure
  readonly baselines?: readonly string[]; // names of other papers' methods that it can run beside; default: none, and no --baselines
  readonly presets?: Readonly<Record<string, Pick<ReproduceOptions<C>, 'tables' | 'figures'>>>; // of a command without --table and --figure
  readonly contents?: Contents; // with it, such a command without preset lists them; else it rebuilds all
  readonly data: string; // what --help says of --data
  readonly configFolder: string;
  readonly standardConfig: (choice: { readonly data?: string; readonly quick: boolean }) => string; // a file of configFolder; data: the folder given
  readonly readConfig: (file: string) => Promise<C>;
  readonly reproduce: (options: ReproduceOptions<C>) => Promise<Reproduced>;
}

interface Parsed {
  table?: number[];
  figure?: number[];
  baselines?: string[];
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

/**
 * Runs the app on the words of the command line. Tables go to stdout, all else to stderr; an error is one line there and gives the exit code of
 * `exitCodeOf`, with --verbose its stack, too.
 */
export async function runCommandLine<C extends { readonly name: string }>(app: App<C>, words = process.argv.slice(2)): Promise<void> {
  try {
    await programOf(app).parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      console.error(`${app.name}: ${messageOf(error)}`);
      if (words.includes('--verbose') && error instanceof Error) console.error(error.stack);
      process.exitCode = exitCodeOf(error);
    }
  }
}

function programOf<C extends { readonly name: string }>(app: App<C>): Command {
  const program = new Command(app.name).description(app.description).exitOverride();
  for (const [name, description] of Object.entries(app.commands)) {
    withOptions(program.command(name).description(description), app).action((options: Parsed) => run(app, name, options));
  }
  return program.addHelpText('beforeAll', `${app.examples.join('\n')}\n`);
}

function withOptions<C extends { readonly name: string }>(
  command: Command,
  { name, tables, figures = [], baselines = [], data }: App<C>,
): Command {
  command.option(
    '--table <numbers>',
    `tables to rebuild, such as ${tables.slice(0, 2).join(',')}; there are ${tables.join(', ')}; or all`,
    choice('table', tables),
  );
  if (figures.length > 0) {
    command.option('--figure <numbers>', `figures to rebuild; there are ${figures.join(', ')}; or all`, choice('figure', figures));
  }
  if (baselines.length > 0) {
    const help = `other papers' methods to run beside, such as ${baselines.slice(0, 2).join(',')}; there are ${baselines.join(', ')}; or all`;
    command.option('--baselines <names>', help, names(baselines));
  }
  return command
    .option('--data <folder>', data)
    .option('--config <file>', 'YAML config (default: the one that fits --data and --quick)')
    .option('--quick', 'a run of minutes, far from convergence')
    .option('--seeds <list>', 'runs, one a seed: 0,1,2 prints mean and spread', numbers, [0])
    .option('--out <folder>', 'where results go', `runs/${name}`)
    .option('--fresh', 'forget what an earlier run of the same config has finished')
    .option('--eager', 'op by op instead of as captured graphs: slower, easier to look into')
    .option('--json', 'tables as JSON on stdout, one a line')
    .option('--quiet', 'no messages, only the tables')
    .option('--verbose', 'stack traces of errors');
}

const numbers = (text: string): number[] => {
  const wrong = text.split(',').find((part) => !/^\d+$/.test(part));
  if (wrong !== undefined) throw new InvalidArgumentError(`expected whole numbers separated by commas, found ${JSON.stringify(wrong)}`);
  return [...new Set(text.split(',').map(Number))];
};

const choice = (kind: 'table' | 'figure', known: readonly number[]) => (text: string) => {
  if (text === 'all') return [...known];
  const chosen = numbers(text);
  const problem = unknownNumber(kind, chosen, known);
  if (problem !== undefined) throw new InvalidArgumentError(problem);
  return chosen;
};

/** In any case of letters, given back as they are known. */
const names = (known: readonly string[]) => (text: string) => {
  if (text === 'all') return [...known];
  const chosen = text.split(',').map((part) => {
    const name = known.find((other) => other.toLowerCase() === part.toLowerCase());
    if (name === undefined) throw new InvalidArgumentError(`there is no ${JSON.stringify(part)}; there are ${known.join(', ')}`);
    return name;
  });
  return [...new Set(chosen)];
};

async function run<C extends { readonly name: string }>(app: App<C>, command: string, parsed: Parsed): Promise<void> {
  const chosen = wanted(app, command, parsed);
  if (!chosen) return console.log(listOf(app.contents as Contents, app.baselines));
  const here = process.env.INIT_CWD ?? process.cwd(); // where the user typed the command
  const { data, baselines, quick = false, seeds, fresh = false, eager = false, quiet = false } = parsed;
  const reporter = terminalReporter({ quiet });
  const dataRoot = data === undefined ? undefined : path.resolve(here, data);
  const standard = path.join(app.configFolder, app.standardConfig({ ...(dataRoot !== undefined && { data: dataRoot }), quick }));
  const config = await app.readConfig(parsed.config === undefined ? standard : path.resolve(here, parsed.config));
  const engine = engineLine(await useEngine({ quiet: true }));
  reporter.stage(`${app.title}, ${config.name}: ${engine}`);
  const { folder, report, tables } = await app.reproduce({
    config,
    ...(dataRoot !== undefined && { dataRoot }),
    seeds,
    ...chosen,
    ...(baselines && { baselines }),
    out: path.resolve(here, parsed.out),
    fresh,
    engine,
    reporter,
    eager,
    quiet,
  });
  for (const table of tables) console.log(parsed.json ? JSON.stringify(JSON.parse(toJson(table))) : `\n${toTerminal(table)}`);
  if (quiet) return;
  console.error(`\n${pc.bold('Report:')} ${asTyped(report, here)}\nTables, weights and config: ${asTyped(folder, here)}`);
}

/** The chosen tables and figures, none of a kind that is not chosen; without a choice the command's preset, else all; undefined where they are to be listed. */
function wanted<C extends { readonly name: string }>(
  { tables, figures = [], presets = {}, contents }: App<C>,
  command: string,
  { table, figure }: Parsed,
): Pick<ReproduceOptions<C>, 'tables' | 'figures'> | undefined {
  if (table || figure) return { tables: table ?? [], figures: figure ?? [] };
  return presets[command] ?? (contents ? undefined : { tables, figures });
}

function listOf({ tables, figures }: Contents, baselines: readonly string[] = []): string {
  const lines = (option: string, titles: Readonly<Record<number, string>>): string[] =>
    Object.entries(titles).map(([number, title]) => `${`--${option} ${number}`.padEnd(12)}${title}`);
  return [
    ...lines('table', tables),
    ...lines('figure', figures),
    '',
    'Several: --table 1,2 --figure 5; all: --table all --figure all',
    ...(baselines.length > 0
      ? [`Other methods run beside, where a table has them: --baselines all, or some of ${baselines.join(', ')}`]
      : []),
  ].join('\n');
}

/** As one would type it: relative below the folder where the command was given. */
function asTyped(file: string, here: string): string {
  const relative = path.relative(here, file);
  return relative.startsWith('..') ? file : relative;
}
