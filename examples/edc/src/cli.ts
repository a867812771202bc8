#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '@rs/experiments';
import { readConfig } from './config.js';
import { reproduce, tableNumbers } from './reproduce.js';

await runCommandLine({
  name: 'edc',
  title: 'EDC',
  description: 'EDC: optical-SAR segmentation under clouds, from GeoTIFFs to the tables of the paper.',
  examples: [
    'npm start',
    'npm run reproduce -- edc --table 1',
    'npm run reproduce -- edc --table 1 --seeds 0,1,2',
    'npm run reproduce -- edc --table 2 --data /data/M3M-CR',
    'npm run reproduce -- edc --table 1 --data FOLDER --quick',
  ],
  commands: {
    start: 'the whole pipeline at small scale on a synthetic world: Tables I and II and an HTML report',
    reproduce: "rebuilds the paper's tables",
  },
  tables: tableNumbers,
  data: 'folder of M3M-CR with train/ and test/ (default: a synthetic world is written and read back)',
  configFolder: fileURLToPath(new URL('../config', import.meta.url)),
  standardConfig: ({ data, quick }) => `${data ? 'm3m-cr' : 'synthetic'}${quick ? '-quick' : ''}.yaml`,
  readConfig,
  reproduce,
});
