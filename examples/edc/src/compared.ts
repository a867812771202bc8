import { UsageError } from '@rs/experiments';
import { baselineRemovers, baselineSegmenters, type BaselineRemover, type BaselineSegmenter } from './baselines.js';
import { figures } from './figures.js';
import { tables } from './tables.js';
import type { Compared } from './tables/paper-table.js';

type Part = { readonly compares?: Compared };

/**
 * Which of the baselines that were asked for stand in some tables and figures, and so have to be run.
 *
 * @param chosen names, as the paper prints them
 * @throws UsageError where some are chosen and none stands there, or there is none of a name
 */
export function comparedIn(
  parts: readonly Part[],
  chosen: readonly string[],
): { readonly baselines: readonly BaselineSegmenter[]; readonly removers: readonly BaselineRemover[] } {
  const known = [...baselineSegmenters, ...baselineRemovers].map(({ label }) => label);
  const unknown = chosen.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no baseline ${unknown}; there are ${known.join(', ')}`);
  const tasks = new Set(parts.map(({ compares }) => compares));
  const maps = ({ cloudRemoval }: BaselineSegmenter): boolean =>
    tasks.has('segmentation') || (cloudRemoval && tasks.has('cloudRemoval')); // prettier-ignore
  const baselines = baselineSegmenters.filter((baseline) => chosen.includes(baseline.label) && maps(baseline));
  const removers = baselineRemovers.filter(({ label }) => chosen.includes(label) && tasks.has('cloudRemoval'));
  if (chosen.length > 0 && baselines.length + removers.length === 0) {
    throw new UsageError(
      `${chosen.join(', ')}: not in what is asked for; methods that map land cover stand in tables ${numbers(tables, 'segmentation')} and figures ` +
        `${numbers(figures, 'segmentation')}, those that remove clouds in table ${numbers(tables, 'cloudRemoval')}`,
    );
  }
  return { baselines, removers };
}

const numbers = (all: Readonly<Record<number, Part>>, task: Compared): string =>
  Object.entries(all)
    .filter(([, { compares }]) => compares === task)
    .map(([number]) => number)
    .join(', ');
