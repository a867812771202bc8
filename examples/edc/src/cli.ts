#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { runCommandLine } from '@rs/experiments';
import { readConfig } from './config.js';
import { baselineNames, contents, figureNumbers, reproduce, tableNumbers } from './reproduce.js';

/** The paper's two data sets are told apart by their folders. */
const datasetOf = (folder: string): string => (existsSync(path.join(folder, 'lbl')) ? 'whu-opt-sar' : 'm3m-cr');

await runCommandLine({
  name: 'edc',
  title: 'EDC',
  description: 'EDC: optical-SAR segmentation under clouds, from GeoTIFFs to the tables of the paper.',
  examples: [
    'npm start',
    'npm run reproduce -- edc',
    'npm run reproduce -- edc --table 1 --seeds 0,1,2',
    'npm run reproduce -- edc --figure 6',
    'npm run reproduce -- edc --table 1,2 --baselines CMX,HS2P',
    'npm run reproduce -- edc --table 3 --data /data/M3M-CR',
    'npm run reproduce -- edc --table 1 --data FOLDER --quick',
  ],
  commands: {
    start: 'the whole pipeline at small scale on a synthetic world: Tables I and II and an HTML report',
    reproduce: "rebuilds the paper's tables and figures; without a choice, lists them",
  },
  tables: tableNumbers,
  figures: figureNumbers,
  presets: { start: { tables: [1, 2], figures: [] } },
  contents,
  baselines: baselineNames,
  data: 'folder of M3M-CR (train/, test/) or WHU-OPT-SAR (optical/, sar/, lbl/) (default: a synthetic world is written and read back)',
  configFolder: fileURLToPath(new URL('../config', import.meta.url)),
  standardConfig: ({ data, quick }) => `${data === undefined ? 'synthetic' : datasetOf(data)}${quick ? '-quick' : ''}.yaml`,
  readConfig,
  reproduce,
});
