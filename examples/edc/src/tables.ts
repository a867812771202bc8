import { ablation } from './tables/ablation.js';
import { calibration } from './tables/calibration.js';
import { cloudRemoval } from './tables/cloud-removal.js';
import { complexity } from './tables/complexity.js';
import type { PaperTable } from './tables/paper-table.js';
import { representation } from './tables/representation.js';
import { segmentation } from './tables/segmentation.js';

/** The paper's tables, by their number. */
export const tables: Readonly<Record<number, PaperTable>> = {
  1: segmentation,
  2: cloudRemoval,
  3: ablation,
  4: complexity,
  5: representation,
  6: calibration,
};
