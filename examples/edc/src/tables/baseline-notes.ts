import { cloudSeg, isSegmenter, type Baseline } from '../baselines.js';
import { mostRateOfRemovers } from '../train.js';
import type { Measured } from './paper-table.js';

/** How the baselines of a table were made and trained: what no other line of it says. */
export async function baselineNotes({ studies }: Measured, baselines: readonly Baseline[]): Promise<string[]> {
  if (baselines.length === 0) return [];
  const counts: string[] = [];
  for (const baseline of baselines) {
    const { label, parameters } = await studies.size(baseline, 'config');
    counts.push(`${label} ${(parameters / 1e6).toFixed(2)} M`);
  }
  const losses = [
    ...(baselines.some((baseline) => isSegmenter(baseline) && baseline !== cloudSeg) ? ['cross-entropy'] : []),
    ...(baselines.includes(cloudSeg)
      ? ["CloudSeg: EDC's three terms, distilled by the mean over all elements from a CloudSeg that sees no clouds"]
      : []),
    ...(baselines.every(isSegmenter)
      ? []
      : [`networks that remove clouds alone: that of EDC's reconstruction, eq. (8), at a rate of at most ${mostRateOfRemovers}`]),
  ];
  return [
    `Baselines reproduced here (parameters: ${counts.join(', ')}): from random weights, with the steps, batch, rate, data and seeds of EDC's rows; the rate was chosen for EDC* alone.`,
    `Their losses: ${losses.join('; ')}.`,
  ];
}
