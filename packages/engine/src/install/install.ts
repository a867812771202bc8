import { existsSync } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { findNativePackage, ownPackage, type NativePackage } from '../native/packages.js';
import { bindingOf, bindingPlace, compileBinding, isCompiled, type Binding } from './binding.js';
import { findCompiler, findPip } from './build-tools.js';
import { cacheFolder, makePartial, sweepPartials } from './cache-folder.js';
import { InstallError } from './install-error.js';
import { findLibrary, makeLibrary, megabytes, type Library } from './library.js';
import { linkTarget, placeLink } from './link.js';
import { withCacheLock } from './lock.js';
import { silentProgress, type Progress } from './progress.js';
import { proveNative, type Proof } from './prove.js';
import { releaseFor, type Release } from './release.js';

export interface InstallOptions {
  readonly gpu?: boolean; // the library for NVIDIA GPUs; default false
  readonly force?: boolean; // make everything anew; default false
  readonly cache?: string; // default: RS_CACHE, else the XDG cache folder
  readonly progress?: Progress; // default: says nothing
  readonly package?: NativePackage; // gets the binding; default: the installed @tensorflow/tfjs-node-gpu
  readonly prove?: () => Promise<Proof>; // tells whether the result works; default: loads it in a child process
}

export interface Installation {
  readonly status: 'installed' | 'already installed';
  readonly version: string; // of TensorFlow
  readonly gpu: boolean; // the library is the one for GPUs
  readonly binding: string; // the file that Node loads
}

/**
 * Makes TensorFlow work under Node: library into the cache, binding compiled against it, binding linked into the npm package,
 * and the whole proved. Each step puts its result into place at once, so that a run that is ended at any moment is continued
 * by the next one; two runs at once wait for each other.
 *
 * @throws InstallError that says what is missing and what to do
 */
export async function installNative(options: InstallOptions = {}): Promise<Installation> {
  const { gpu = false, force = false, cache = cacheFolder(), progress = silentProgress, prove = proveNative } = options;
  const target = options.package ?? findNativePackage(ownPackage);
  if (!target) throw new InstallError(`the npm package ${ownPackage} is not installed: npm install --ignore-scripts ${ownPackage}`);
  const release = releaseFor(gpu);
  const ready = async (): Promise<Installation | undefined> => (force ? undefined : findInstallation(release, cache, target, prove));
  const wait = (): void => {
    progress.start('waiting for another installation');
  };
  return (
    (await ready()) ??
    (await withCacheLock(cache, wait, async () => {
      await sweepPartials(cache);

      return (await ready()) ?? (await make({ release, force, cache, progress, prove, target }));
    }))
  );
}

/**
 * What is there already: a link that was made here for this release, or for GPUs, which serves the CPU too; else any other
 * binding that works, made in another cache or by the npm package's own script.
 */
async function findInstallation(
  release: Release,
  cache: string,
  target: NativePackage,
  prove: () => Promise<Proof>,
): Promise<Installation | undefined> {
  const place = bindingPlace(target);
  if (!existsSync(place)) return undefined;
  const linked = await linkTarget(place);
  for (const candidate of release.gpu ? [release] : [release, ...gpuRelease()]) {
    const library = await findLibrary(candidate, cache);
    const binding = library && (await bindingOf(library, target, cache));
    if (binding && binding.file === linked && isCompiled(binding)) return installation('already installed', candidate, binding);
  }
  if (release.gpu) return undefined;
  const proof = await prove();
  return proof.works ? { status: 'already installed', version: proof.version, gpu: proof.onGpu, binding: place } : undefined;
}

function gpuRelease(): Release[] {
  try {
    return [releaseFor(true)];
  } catch {
    return []; // none for this platform
  }
}

interface Work extends Required<Pick<InstallOptions, 'force' | 'cache' | 'progress' | 'prove'>> {
  readonly release: Release;
  readonly target: NativePackage;
}

async function make({ release, force, cache, progress, prove, target }: Work): Promise<Installation> {
  const partial = await makePartial(cache);
  try {
    let library = force ? undefined : await findLibrary(release, cache);
    if (!library) {
      await checkBeforeDownload(release, cache);
      library = await makeLibrary(release, cache, partial, progress);
    }
    const binding = await bindingOf(library, target, cache);
    if (force || !isCompiled(binding)) await compileBinding(binding, library, target, partial, progress);
    await linkAndProve(library, binding, { target, progress, prove });
    return installation('installed', release, binding);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Fails before 274 MB are fetched for nothing. */
async function checkBeforeDownload({ diskBytes, requirement }: Release, cache: string): Promise<void> {
  await findPip();
  await findCompiler();
  const { bavail, bsize } = await statfs(cache);
  const free = bavail * bsize;
  if (free < diskBytes) {
    throw new InstallError(
      `${requirement} needs ${megabytes(diskBytes)} in ${cache} while it installs, ${megabytes(free)} are free: make room, or set RS_CACHE to a folder on another disk`,
    );
  }
}

async function linkAndProve(
  library: Library,
  binding: Binding,
  { target, progress, prove }: Pick<Work, 'target' | 'progress' | 'prove'>,
): Promise<void> {
  const place = bindingPlace(target);
  progress.start('checking that it computes');
  await placeLink(binding.file, place);
  const proof = await prove();
  if (!proof.works) {
    await rm(place, { force: true });
    throw new InstallError(
      `TensorFlow from ${library.folder} does not work here: ${proof.reason}. Run it again with --force to make everything anew`,
    );
  }
  progress.done();
}

const installation = (status: Installation['status'], { version, gpu }: Release, binding: Binding): Installation => ({
  status,
  version,
  gpu,
  binding: binding.file,
});
