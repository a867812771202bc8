import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readSafetensors, type HostTensor } from '@rs/weights';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Config = Readonly<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any -- each adapter knows the shape of its own config

/** One case of the format in `fixtures/README.md`, its tensors still on the host and in PyTorch's layout. */
export interface Case {
  readonly name: string; // dchf/Dchf--first-8
  readonly op: string;
  readonly config: Config;
  readonly mode: 'train' | 'eval';
  readonly outputs: Readonly<Record<string, Json>>;
  readonly tolerance: { readonly rtol: number; readonly atol: number };
  readonly error?: { readonly kind: string; readonly mustMention?: readonly string[] };
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Where a `file` or `root` of the config lies: in the folder of cases, else beside it. */
  locate(file: string): string;
}

/** The tensors whose key starts with `prefix`, without the prefix. */
export function tensorsOf(theCase: Case, prefix: string): Map<string, HostTensor> {
  const found = new Map<string, HostTensor>();
  for (const [key, tensor] of theCase.tensors) if (key.startsWith(prefix)) found.set(key.slice(prefix.length), tensor);
  return found;
}

/** Names of all cases below `folder` (`<package>/<op>--<variant>`), sorted. */
export async function listCases(folder: string, filter = ''): Promise<string[]> {
  if (!existsSync(folder)) throw new Error(`no folder of cases at ${folder}`);
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((entry) => path.basename(entry) === 'case.json')
    .map((entry) => path.dirname(entry).split(path.sep).join('/'))
    .filter((name) => name.includes(filter))
    .sort();
}

export async function readCase(folder: string, name: string): Promise<Case> {
  const file = path.join(folder, name, 'case.json');
  const json = JSON.parse(await readFile(file, 'utf8'));
  const tensorFile = path.join(folder, name, 'tensors.safetensors');
  return {
    name,
    op: json.op,
    config: json.config ?? {},
    mode: json.mode === 'train' ? 'train' : 'eval',
    outputs: json.outputs ?? {},
    tolerance: json.tolerance ?? { rtol: 1e-4, atol: 1e-5 },
    error: json.error,
    tensors: existsSync(tensorFile) ? await readSafetensors(tensorFile) : new Map(),
    locate: (relative) => {
      const inside = path.join(folder, relative);
      return existsSync(inside) ? inside : path.join(folder, '..', relative);
    },
  };
}
