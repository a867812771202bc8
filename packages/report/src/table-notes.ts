import type { Provenance, Source, Table } from './table.js';

/** Stands before the label of every reproduced row, in every format. */
export const reproducedMark = '▸';

export const sourceText: Readonly<Record<Source, string>> = { paper: 'paper', quoted: 'quoted', reproduced: 'reproduced' };

export const rowLabel = ({ label, source }: { readonly label: string; readonly source: Source }): string =>
  source === 'reproduced' ? `${reproducedMark} ${label}` : label;

/** The lines under a table: what its marks mean, how the reproduced rows were measured, footnotes. */
export function tableNotes({ rows, provenance, citation, footnotes = [] }: Table): string[] {
  const has = (source: Source): boolean => rows.some((row) => row.source === source);
  const notes: string[] = [];
  if (provenance && has('reproduced')) notes.push(`${reproducedMark} Reproduced here: ${provenanceText(provenance)}`);
  if (has('paper'))
    notes.push(`paper: as printed${citation ? ` in ${citation}` : ''}, on the paper's own data and scale; not measured here.`);
  if (has('quoted')) notes.push(`quoted: as printed in the paper for other methods; not measured here.`);
  return [...notes, ...footnotes];
}

/** One sentence. */
export function provenanceText({ data, scale, engine, seeds, effectiveBatchSize, checkpoint }: Provenance): string {
  const parts = [data, scale, engine, `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`];
  if (seeds.length > 1) parts.push(`mean ± standard deviation of ${seeds.length} runs`);
  if (effectiveBatchSize !== undefined) parts.push(`effective batch size ${effectiveBatchSize}`);
  if (checkpoint) parts.push(`${checkpoint} checkpoint`);
  return `${parts.join('; ')}.`;
}
