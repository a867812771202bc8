import { statSync } from 'node:fs';
import { access, constants, mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { InstallError } from './install-error.js';

/** Where TensorFlow is kept, for all clones and projects of a user: RS_CACHE, else the folder `rs` of the XDG cache. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.RS_CACHE) return resolve(environment.RS_CACHE);
  return join(environment.XDG_CACHE_HOME ? resolve(environment.XDG_CACHE_HOME) : join(homedir(), '.cache'), 'rs');
}

/** Makes the cache folder where it is not there. @throws InstallError when it cannot be written */
export async function makeCache(cache: string): Promise<void> {
  try {
    await makeFolder(cache);
    await access(cache, constants.W_OK);
  } catch (error) {
    const { message } = error as Error;
    throw new InstallError(`the cache folder ${cache} cannot be written (${message}): set RS_CACHE to one that can`);
  }
}

/** One folder at a time: `recursive` of Node 20 tries for ever below a folder that takes none, such as /proc. */
async function makeFolder(folder: string): Promise<void> {
  const isThere = (): boolean => statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isThere()) return;
  await makeFolder(dirname(folder));
  await mkdir(folder).catch((error: Error) => {
    if (!isThere()) throw error; // there: another process was quicker
  });
}

const prefix = 'partial-';

/** A new folder for work in progress; its name says which process made it. */
export async function makePartial(cache: string): Promise<string> {
  return mkdtemp(join(cache, `${prefix}${process.pid}-`));
}

/** Puts a finished file or folder at its place in one step; what stood there goes, also what another process just put there. */
export async function settle(finished: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const old = `${finished}-replaced-${attempt}`;
    await rename(place, old).catch(unless('ENOENT'));
    const isTaken = await rename(finished, place).then(() => false, unless('ENOTEMPTY', 'EEXIST'));
    await rm(old, { recursive: true, force: true });
    if (isTaken === false) break;
  }
  await syncFolder(dirname(place));
}

/** Removes the work in progress of processes that are gone. */
export async function sweepPartials(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const [, pid] = /^partial-(\d+)-/.exec(name) ?? [];
    if (pid && (Number(pid) === process.pid || !isRunning(Number(pid)))) await rm(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Passes on every error but those with one of the codes. */
function unless(...codes: string[]): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}
