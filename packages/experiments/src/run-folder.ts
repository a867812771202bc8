import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { writeAtomically } from '@rs/weights';
import { fingerprint } from './fingerprint.js';
import { withFolderLock } from './lock-folder.js';

export interface RunFolderOptions {
  readonly config: { readonly name: string };
  readonly dataRoot?: string;
  readonly out: string;
  readonly fresh: boolean; // forget what earlier sessions left in the folder
}

/**
 * Runs `work` in the folder of this config and this data, `<out>/<name>-<fingerprint>`, which holds `config.yaml`; no other process works in it
 * meanwhile. The same config and data find the same folder again, any other ones another.
 *
 * @throws Error while another process works in the folder
 */
export async function withRunFolder<T>(
  { config, dataRoot, out, fresh }: RunFolderOptions,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = path.join(out, `${config.name}-${fingerprint({ config, dataRoot })}`);
  await mkdir(out, { recursive: true });
  return withFolderLock(folder, async () => {
    if (fresh) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeAtomically(path.join(folder, 'config.yaml'), [Buffer.from(stringify(config))]);
    return work(folder);
  });
}
