import type { Config } from './config.js';
import type { RunResult } from './runs.js';

/** What has to be said of every reproduced figure. */
export function runFootnotes({ model, loss, training }: Config, runs: readonly RunResult[]): string[] {
  return [
    'Scores: one confusion matrix over all scored pixels, mean over the classes that occur; the missing modality is missing for every scored tile.',
    `Aligned stages ${model.alignStages.join(' and ')} (the paper: 3 and 4), alpha ${loss.alpha} (0.5), beta ${loss.beta} (0.2), temperature ${loss.temperature} (not given), ` +
      `${loss.perClass} pixels a class (32), rate ${training.rate} (1e-4); augmentation: one of the eight flips and quarter turns, each as likely (not given).`,
    ...samplerShare(runs),
  ];
}

/** Drawing the pixels of L_psc as a share of training, over all runs that do it. */
export function samplerShare(runs: readonly RunResult[]): string[] {
  const drawing = runs.filter(({ evaluation }) => evaluation.samplerSeconds > 0);
  const seconds = drawing.reduce((sum, { seconds: trained }) => sum + trained, 0);
  const sampler = drawing.reduce((sum, { evaluation }) => sum + evaluation.samplerSeconds, 0);
  return seconds > 0 ? [`Drawing the pixels of L_psc took ${((100 * sampler) / seconds).toFixed(2)} % of the training time.`] : [];
}

/** Where the paper's text and its tables disagree (spec, section 11); what belongs to one table stands under that table. */
export const claimFootnotes: readonly string[] = [
  '"own" and "as trained": which statistics the batch norms have at test. Rare classes: the half with the fewest scored pixels. Height: trained on height and optical.',
  'The paper: STARS "outperforms all", but by its tables it is not first in Background and Barren (EarthMiss), Farmland, Village and Others (WHU-OPT-SAR) and Impervious surface (Potsdam).',
  'The paper: the text explains a drop in Background on EarthMiss by the sampler (22.72), while table 1 prints a gain of +1.00 there.',
  'The paper: detachment is called stable over beta; table 5 spans 1.86 points with it and 1.69 without. It is better at every beta, and no run collapses outright.',
  'The paper: Baseline (Concat) sees both sensors at test; on Potsdam it is no upper bound (80.09 against 81.76).',
  'The paper: on Potsdam, Impervious (+2.26) is called marginal beside Building (+2.54), and low vegetation (+3.33) no class of height; only Car (+0.01) is marginal.',
  'The paper: on WHU-OPT-SAR the largest gain is that of Forest (+16.84), which its introduction counts among the dominating classes.',
];
