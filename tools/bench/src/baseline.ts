import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Figure } from './measure.js';

const file = fileURLToPath(new URL('../baseline.json', import.meta.url));
const slower = 1.2; // more than this much above the baseline is told

interface Baseline {
  readonly measured: string; // engines, machine, date
  readonly ratios: Readonly<Record<string, number>>;
}

const keyOf = ({ name, threads }: Pick<Figure, 'name' | 'threads'>): string => `${name}, ${threads} threads`;

/** The ratios of an earlier run, kept in the repository. */
export const readBaseline = async (): Promise<Baseline> => JSON.parse(await readFile(file, 'utf8')) as Baseline;

/** What to say of a figure beside the baseline's: nothing, where neither side has a ratio. */
export function besideBaseline({ ratios }: Baseline, figure: Figure): string {
  const before = ratios[keyOf(figure)];
  if (before === undefined || figure.ratio === undefined) return '';
  return `${before.toFixed(2)}${figure.ratio > before * slower ? ' SLOWER' : ''}`;
}

/** Puts the ratios measured now into the baseline; others stay. */
export async function saveBaseline(measured: string, figures: readonly Figure[]): Promise<void> {
  const ratios = { ...(await readBaseline()).ratios };
  for (const figure of figures) if (figure.ratio !== undefined) ratios[keyOf(figure)] = Number(figure.ratio.toFixed(3));
  const sorted = Object.fromEntries(Object.entries(ratios).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, `${JSON.stringify({ measured, ratios: sorted }, null, 2)}\n`);
}
