#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '@rs/experiments';
import { isRecipe, readAnyConfig } from './any-config.js';
import { reproduceRecipe } from './recipe/reproduce.js';
import { reproduce, tableNumbers } from './reproduce.js';
import { printedName, tables } from './tables.js';

const titles = Object.fromEntries(tableNumbers.map((number) => [number, `${printedName(number)}: ${tables[number].title}`]));

await runCommandLine({
  name: 'mm-ovseg',
  title: 'MM-OVSeg',
  description: 'MM-OVSeg: open-vocabulary segmentation of optical and radar images, from pre-training to the tables of the paper.',
  examples: [
    'npm run reproduce -- mm-ovseg --table 3',
    'npm run reproduce -- mm-ovseg --table 3 --seeds 0,1,2',
    'npm run reproduce -- mm-ovseg --table 2,4,13',
    'npm run reproduce -- mm-ovseg --table 3 --quick',
    'npm run reproduce -- mm-ovseg --table 3 --data /data/mm-ovseg',
    'npx rs-ovseg --help',
  ],
  commands: { reproduce: "rebuilds the paper's tables; 11 to 15 are A1 to A5, 16 the residual of the fusion" },
  tables: tableNumbers,
  contents: { tables: titles, figures: {} },
  data: "folder with the paper's data and pretrained weights, as config/paper.yaml names them (default: a synthetic world)",
  configFolder: fileURLToPath(new URL('../config', import.meta.url)),
  standardConfig: ({ data, quick }) => `${data ? 'paper' : 'synthetic'}${quick ? '-quick' : ''}.yaml`,
  readConfig: readAnyConfig,
  reproduce: ({ config, ...options }) => (isRecipe(config) ? reproduceRecipe({ ...options, config }) : reproduce({ ...options, config })),
});
