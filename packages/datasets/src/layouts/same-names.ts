import type { DatasetFolder } from './dataset-folder.js';
import { stem } from './dataset-folder.js';
import type { FoundSamples, SampleEntry, SampleFiles } from './description.js';

/** Where the files of a role lie: `<folder>/<name><extension>`. */
export interface RoleFolder {
  readonly folder: string;
  readonly extensions: readonly string[]; // '.tif', ...
}

export type RoleFolders = Readonly<Partial<Record<keyof SampleFiles, RoleFolder>>>;

/** Samples whose files have the same name in one folder for each role; a name that one folder lacks is reported. */
export async function samplesOfSameName(folder: DatasetFolder, roles: RoleFolders): Promise<FoundSamples> {
  const names = new Set<string>();
  for (const { folder: where, extensions } of Object.values(roles)) {
    for (const name of await folder.names(where)) if (extensions.some((extension) => name.endsWith(extension))) names.add(stem(name));
  }
  return { entries: await samplesOfNames(folder, [...names], roles), listed: false };
}

/**
 * Samples that a list names, in its order: of each line's first path the name without folder and extension (some lists hold their authors'
 * absolute paths).
 */
export async function samplesOfList(folder: DatasetFolder, list: string, roles: RoleFolders): Promise<FoundSamples> {
  const names: string[] = [];
  for (const { number, text } of await folder.needLines(list)) {
    const entry = text.split(/\s+/)[0].replaceAll('\\', '/');
    if (entry.split('/').includes('..')) folder.report(`${list} line ${number}: the entry ${entry} lies outside the root`);
    else names.push(stem(entry));
  }
  return { entries: await samplesOfNames(folder, names, roles), listed: true };
}

/** Each name is its own scene. */
async function samplesOfNames(folder: DatasetFolder, names: readonly string[], roles: RoleFolders): Promise<SampleEntry[]> {
  const entries: SampleEntry[] = [];
  for (const name of names) {
    const files: Record<string, string> = {};
    for (const [role, { folder: where, extensions }] of Object.entries(roles)) {
      files[role] = await folder.need(name, role, extensions.map((extension) => `${where}/${name}${extension}`)); // prettier-ignore
    }
    entries.push({ id: name, scene: name, files: files as SampleFiles });
  }
  return entries;
}
