import type { Json } from './json.js';

/** What must be the same for a run to go on from a checkpoint: a text by a name. */
export type RunIdentity = Readonly<Record<string, string>>;

const shown = 5; // differences in the message

/** One entry for each value inside some JSON: `config.lr` and its text. */
export function flatten(name: string, value: Json): Record<string, string> {
  if (typeof value !== 'object' || value === null) return { [name]: JSON.stringify(value) };
  const entries = Object.entries(value as Record<string, Json>);
  return Object.assign({}, ...entries.map(([key, item]) => flatten(`${name}.${key}`, item)));
}

/** Throws one error that lists how `saved` and `current` differ. */
export function assertSameRun(file: string, saved: RunIdentity, current: RunIdentity): void {
  const names = [...new Set([...Object.keys(saved), ...Object.keys(current)])];
  const differences = names
    .filter((name) => saved[name] !== current[name])
    .map((name) => `${name} was ${saved[name] ?? 'absent'}, is ${current[name] ?? 'absent'}`);
  if (differences.length === 0) return;
  const more = differences.length > shown ? ` and ${differences.length - shown} more` : '';
  throw new Error(
    `${file} belongs to another run: ${differences.slice(0, shown).join('; ')}${more}. ` +
      'Choose another folder, or delete this one to start afresh',
  );
}
