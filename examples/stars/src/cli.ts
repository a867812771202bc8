#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '@rs/experiments';
import { readConfig } from './config.js';
import { layoutOf } from './layouts.js';
import { reproduce, tableNumbers } from './reproduce.js';

await runCommandLine({
  name: 'stars',
  title: 'STARS',
  description: 'STARS: segmentation when one of two sensors is missing, from image files to the tables of the paper.',
  examples: [
    'npm run reproduce -- stars --table 1',
    'npm run reproduce -- stars --table 1,4 --seeds 0,1,2',
    'npm run reproduce -- stars --table 4 --quick',
    'npm run reproduce -- stars --table 1 --data /data/EarthMiss',
    'npm run reproduce -- stars --table 3 --data /data/Potsdam --quick',
  ],
  commands: { reproduce: "rebuilds the paper's tables" },
  tables: tableNumbers,
  contents: {
    tables: {
      1: 'EarthMiss, optical missing at test (synthetic world: SAR, optical and height each alone)',
      2: 'WHU-OPT-SAR, optical missing at test',
      3: 'ISPRS Potsdam, height missing at test',
      4: 'what each module adds',
      5: 'the weight of L_ncs, with and without stop-gradient',
      6: 'the weight of L_psc',
      7: 'how many pixels are sampled',
    },
    figures: {},
  },
  data: 'folder of EarthMiss (tables 1, 4 to 7), WHU-OPT-SAR (2, 4, 6, 7) or ISPRS Potsdam (3), told apart by what it holds (default: a synthetic world)',
  configFolder: fileURLToPath(new URL('../config', import.meta.url)),
  standardConfig: ({ data, quick }) => `${data === undefined ? 'synthetic' : layoutOf(data)}${quick ? '-quick' : ''}.yaml`,
  readConfig,
  reproduce,
});
