import type { Adapters } from './adapter.js';
import { adapters as datasets } from './adapters/datasets.js';
import { adapters as dchf } from './adapters/dchf.js';
import { adapters as encodersHat } from './adapters/encoders-hat.js';
import { adapters as losses } from './adapters/losses.js';
import { adapters as metrics } from './adapters/metrics.js';
import { adapters as nn } from './adapters/nn.js';
import { adapters as otMmdFusion } from './adapters/ot-mmd-fusion.js';
import { adapters as selectiveScan } from './adapters/ot-mmd-fusion-scan.js';
import { adapters as ovseg } from './adapters/ovseg.js';
import { adapters as ovsegTowers } from './adapters/ovseg-towers.js';
import { adapters as starsAlign } from './adapters/stars-align.js';
import { adapters as train } from './adapters/train.js';
import { adapters as weights } from './adapters/weights.js';
import { loadStateDictCase } from './load-state-dict-case.js';

const packages: Adapters = {
  ...datasets,
  ...dchf,
  ...encodersHat,
  ...losses,
  ...metrics,
  ...nn,
  ...otMmdFusion,
  ...selectiveScan,
  ...ovseg,
  ...ovsegTowers,
  ...starsAlign,
  ...train,
  ...weights,
};

/** How each op name of the cases is built and called. */
export const adapters: Adapters = { ...packages, 'nn/loadStateDict': loadStateDictCase(packages) };
