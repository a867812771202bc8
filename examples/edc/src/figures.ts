import { architecture } from './figures/architecture.js';
import { attentionCost } from './figures/attention-cost.js';
import { calibrationCurves } from './figures/calibration.js';
import { discrepancy } from './figures/discrepancy.js';
import { efficiency } from './figures/efficiency.js';
import { fusion } from './figures/fusion.js';
import type { PaperFigure } from './figures/paper-figure.js';
import { qualitative } from './figures/qualitative.js';

/** The paper's figures by their number: drawn again, or what shows the same thing measured. */
export const figures: Readonly<Record<number, PaperFigure>> = {
  1: efficiency,
  2: architecture,
  3: attentionCost,
  4: fusion,
  5: qualitative,
  6: discrepancy,
  7: calibrationCurves,
};
