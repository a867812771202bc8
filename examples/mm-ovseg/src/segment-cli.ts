#!/usr/bin/env node
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { engineLine, useEngine } from '@rs/engine';
import { exitCodeOf, messageOf } from '@rs/experiments';
import { segment, type Segmented } from './segment.js';

const examples = [
  'npx rs-ovseg --optical city.png --sar city-sar.png --classes "water,road,building" --checkpoint mm-ovseg.pth --out map.png',
  'npx rs-ovseg --optical 1.png --sar 1-sar.png --classes "water,forest" --checkpoint runs/mm-ovseg/RUN/cmu-plus-def/seed-0/weights.safetensors --json',
];

interface Parsed {
  optical: string;
  sar?: string;
  classes: string;
  checkpoint: string;
  model?: string;
  template?: string;
  out?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

const program = new Command('rs-ovseg')
  .description('Segments one optical image, with the SAR image of the same place, for class names of your own.')
  .requiredOption('--optical <file>', 'PNG, JPEG or TIFF, 8 bits')
  .option('--sar <file>', 'on the same grid; a model without a SAR encoder does without')
  .requiredOption('--classes <names>', 'what to look for, separated by commas: "water,road,bare ground"')
  .requiredOption('--checkpoint <file>', 'weights of a model: safetensors, or what torch.save writes')
  .option('--model <size>', 'vit-b16, vit-l14, or the YAML config of a run (default: the config.yaml above the checkpoint, else vit-b16)')
  .option('--template <text>', 'the prompt, {} stands for the class (default: as trained)')
  .option('--out <file>', 'PNG in colours; NAME-ids.png beside it holds the class numbers')
  .option('--json', 'the result as JSON on stdout')
  .option('--quiet', 'no messages')
  .option('--verbose', 'stack traces of errors')
  .addHelpText('beforeAll', `${examples.join('\n')}\n`)
  .exitOverride()
  .action(async (parsed: Parsed) => {
    const here = process.env.INIT_CWD ?? process.cwd();
    const file = (name: string): string => path.resolve(here, name);
    const engine = engineLine(await useEngine({ quiet: true }));
    if (!parsed.quiet) console.error(engine);
    const result = await segment({
      optical: file(parsed.optical),
      ...(parsed.sar !== undefined && { sar: file(parsed.sar) }),
      classes: parsed.classes.split(',').map((name) => name.trim()),
      checkpoint: file(parsed.checkpoint),
      ...(parsed.model !== undefined && { model: /\.ya?ml$/.test(parsed.model) ? file(parsed.model) : parsed.model }),
      ...(parsed.template !== undefined && { template: parsed.template }),
      ...(parsed.out !== undefined && { out: file(parsed.out) }),
    });
    console.log(parsed.json ? JSON.stringify(result) : linesOf(result));
  });

function linesOf({ classes, files }: Segmented): string {
  const width = Math.max(...classes.map(({ name }) => name.length));
  const shares = classes.map(({ name, share }, id) => `${id} ${name.padEnd(width)} ${(100 * share).toFixed(1).padStart(5)} %`);
  return [...shares, ...files].join('\n');
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(`rs-ovseg: ${messageOf(error)}`);
    if (process.argv.includes('--verbose') && error instanceof Error) console.error(error.stack);
    process.exitCode = error instanceof RangeError ? 2 : exitCodeOf(error);
  }
}
