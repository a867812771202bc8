#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '@rs/experiments';
import { readConfig } from './config.js';
import { reproduce, tableNumbers } from './reproduce.js';

await runCommandLine({
  name: 'ot-mmd-fusion',
  title: 'OT + MMD fusion',
  description: 'Optimal transport, MMD and linear-time fusion of two sensors: the variants of the paper, trained, scored and compared.',
  examples: [
    'npm run reproduce -- ot-mmd-fusion --table 1',
    'npm run reproduce -- ot-mmd-fusion --table 1 --seeds 0,1,2',
    'npm run reproduce -- ot-mmd-fusion --table 2',
    'npm run reproduce -- ot-mmd-fusion --table 1 --data /data/vaihingen',
    'npm run reproduce -- ot-mmd-fusion --table 1 --quick',
  ],
  commands: { reproduce: "rebuilds the paper's tables: 1 variants and efficiency, 2 efficiency alone, 3 lambda and bandwidth, 4 controls" },
  tables: tableNumbers,
  data: 'folder of ISPRS Vaihingen; of Potsdam with --config (default: scenes of a synthetic world)',
  configFolder: fileURLToPath(new URL('../config', import.meta.url)),
  standardConfig: ({ data, quick }) => `${data ? 'vaihingen' : 'synthetic'}${quick ? '-quick' : ''}.yaml`,
  readConfig,
  reproduce,
});
