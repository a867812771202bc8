import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPip } from './build-tools.js';
import { settle } from './cache-folder.js';
import { downloadWheels } from './download.js';
import { InstallError } from './install-error.js';
import type { Progress } from './progress.js';
import { releaseFolder, type Release } from './release.js';
import { cudaRequirements, extractWheel, type ExtractedFile } from './wheel.js';

/** TensorFlow's libraries and headers in the cache, laid out as the wheels lay them out. */
export interface Library {
  readonly folder: string;
  readonly release: Release;
}

const listName = 'files.json';
const libraries = ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'];
const headers = ['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tsl/platform/ctstring', 'xla/tsl/c/'].map(
  (path) => `tensorflow/include/${path}`,
);

/** The two libraries, and of 13,000 headers those of the C interface. */
const ofTensorFlow = (name: string): boolean =>
  libraries.includes(name) || (name.endsWith('.h') && headers.some((header) => name.startsWith(header)));

/** CUDA's libraries, and the compiler and device code that XLA calls. */
const ofCuda = (name: string): boolean => name.startsWith('nvidia/') && !/\/include\/|\.pyi?$/.test(name);

/** The library of a release, where all its files stand with their sizes. */
export async function findLibrary(release: Release, cache: string): Promise<Library | undefined> {
  const folder = join(cache, releaseFolder(release));
  try {
    const files = JSON.parse(await readFile(join(folder, listName), 'utf8')) as ExtractedFile[];
    for (const { name, bytes } of files) if ((await stat(join(folder, name))).size !== bytes) return undefined;
    return { folder, release };
  } catch {
    return undefined;
  }
}

/**
 * Brings a release into the cache: downloads what is not there, takes out what is needed, checks it, and puts it at its place
 * in one step. A wheel that was downloaded by a run that was interrupted later is used.
 */
export async function makeLibrary(release: Release, cache: string, partial: string, progress: Progress): Promise<Library> {
  const wheels = join(cache, 'wheels');
  const target = join(partial, 'library');
  const place = { partial, wheels };
  const download = async (requirements: readonly string[]): Promise<string[]> => {
    const what = requirements.length === 1 ? requirements[0] : `${requirements.length} packages with the CUDA libraries`;
    const size = `${release.gpu ? 'in all ' : ''}${megabytes(release.downloadBytes)}, ${megabytes(release.diskBytes)} of disk while it installs`;
    progress.start(`downloading ${what} to ${cache} (${size})`);
    const found = await downloadWheels(await findPip(), release, requirements, place, progress);
    progress.done();
    await rm(join(partial, 'wheels'), { recursive: true });
    await rm(join(partial, 'pip'), { recursive: true });
    return found;
  };
  const main = findWheel(wheels, release) ?? (await download([release.requirement]))[0];
  const cuda = release.gpu ? await download(await cudaRequirements(main)) : [];

  progress.start('extracting and checking');
  let written = 0;
  const onBytes = (bytes: number): void => progress.update((written += bytes) / (release.diskBytes * 0.6));
  const files: ExtractedFile[] = [];
  try {
    for (const wheel of [main, ...cuda])
      files.push(...(await extractWheel(wheel, target, wheel === main ? ofTensorFlow : ofCuda, onBytes)));
  } catch (error) {
    for (const wheel of [main, ...cuda]) await rm(wheel, { force: true });
    throw new InstallError(`${error instanceof Error ? error.message : String(error)}; the download was removed, run the command again`);
  }
  const missing = libraries.filter((name) => !files.some((file) => file.name === name));
  if (missing.length > 0) throw new InstallError(`the wheel ${main} lacks ${missing.join(', ')}`);
  await writeFile(join(target, listName), JSON.stringify(files, null, 1), { flush: true });
  const folder = join(cache, releaseFolder(release));
  await settle(target, folder);
  for (const wheel of [main, ...cuda]) await rm(wheel, { force: true });
  progress.done();
  return { folder, release };
}

/** TensorFlow's wheel that an earlier run has downloaded. */
function findWheel(wheels: string, { requirement, architecture }: Release): string | undefined {
  if (!existsSync(wheels)) return undefined;
  const start = `${requirement.replace('==', '-').replaceAll(/[-_.]+(?=[a-z])/g, '_')}-`;
  const name = readdirSync(wheels).find((found) => found.startsWith(start) && found.endsWith(`${architecture}.whl`));
  return name && join(wheels, name);
}

export const megabytes = (bytes: number): string => (bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);
