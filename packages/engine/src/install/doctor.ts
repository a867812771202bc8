import { statfs } from 'node:fs/promises';
import { graphicsCard, hasNvidiaDriver } from '../device.js';
import { findNativePackages, ownPackage } from '../native/packages.js';
import { findCompiler, findPip } from './build-tools.js';
import { cacheFolder, makeCache } from './cache-folder.js';
import { findLibrary, megabytes } from './library.js';
import { proveNative } from './prove.js';
import { releaseFor } from './release.js';
import { startsWasm } from './wasm-check.js';

/** One thing that an engine needs. */
export interface Finding {
  readonly item: string;
  readonly state: 'ok' | 'missing' | 'note';
  readonly text: string; // what was found, or what to do
}

export interface Diagnosis {
  readonly engine: 'native-gpu' | 'native' | 'wasm' | null; // the best that works
  readonly findings: readonly Finding[];
}

/** Looks at all that the engines need on this machine; changes nothing but an empty cache folder. */
export async function diagnose(): Promise<Diagnosis> {
  const proof = await proveNative();
  const wasm = await startsWasm();
  const findings: Finding[] = [
    nodeVersion(),
    npmPackage(),
    await tool('pip', findPip),
    await tool('C++ compiler', findCompiler),
    await disk(),
    await library(),
    proof.works
      ? { item: 'TensorFlow', state: 'ok', text: `${proof.version} computes on the ${proof.onGpu ? 'GPU' : 'CPU'}` }
      : { item: 'TensorFlow', state: 'missing', text: proof.reason },
    gpu(proof.works && proof.onGpu),
    wasm
      ? { item: 'WebAssembly', state: 'ok', text: 'computes, 6 to 10 times slower than TensorFlow' }
      : { item: 'WebAssembly', state: 'missing', text: 'does not start: run npm ci, which installs @tensorflow/tfjs-backend-wasm' },
  ];
  return { engine: proof.works ? (proof.onGpu ? 'native-gpu' : 'native') : wasm ? 'wasm' : null, findings };
}

function nodeVersion(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  return {
    item: 'Node',
    state: fits ? 'ok' : 'missing',
    text: fits ? process.versions.node : `20.19 or newer is needed, this is ${process.versions.node}`,
  };
}

function npmPackage(): Finding {
  const found = findNativePackages();
  const text = found.map(({ name, version, binding }) => `${name} ${version}${binding ? '' : ' (not compiled)'}`).join(', ');
  if (found.length > 0) return { item: 'npm package', state: 'ok', text };
  return { item: 'npm package', state: 'missing', text: `npm install --ignore-scripts ${ownPackage}` };
}

async function tool(item: string, find: typeof findPip): Promise<Finding> {
  try {
    const { command, args, version } = await find();
    return { item, state: 'ok', text: `${[command, ...args].join(' ')}: ${version}` };
  } catch (error) {
    return { item, state: 'missing', text: (error as Error).message };
  }
}

async function disk(): Promise<Finding> {
  const cache = cacheFolder();
  try {
    await makeCache(cache);
    const { bavail, bsize } = await statfs(cache);
    const needed = releaseFor(false).diskBytes;
    const free = bavail * bsize;
    const text = `${megabytes(free)} free in ${cache}`;
    if (free >= needed) return { item: 'cache', state: 'ok', text };
    return { item: 'cache', state: 'note', text: `${text}; an installation needs ${megabytes(needed)}: make room or set RS_CACHE` };
  } catch (error) {
    return { item: 'cache', state: 'missing', text: (error as Error).message };
  }
}

async function library(): Promise<Finding> {
  try {
    const releases = process.arch === 'x64' ? [releaseFor(false), releaseFor(true)] : [releaseFor(false)];
    const found = await Promise.all(releases.map((release) => findLibrary(release, cacheFolder())));
    const names = found.flatMap((one) => (one ? [one.release.requirement.replace('==', ' ')] : []));
    if (names.length > 0) return { item: 'library', state: 'ok', text: `${names.join(', ')} in the cache` };
    return {
      item: 'library',
      state: 'note',
      text: `none in the cache: npx rs-engine install fetches ${megabytes(releases[0].downloadBytes)}`,
    };
  } catch (error) {
    return { item: 'library', state: 'note', text: (error as Error).message };
  }
}

function gpu(used: boolean): Finding {
  const card = graphicsCard();
  if (card) {
    const text = `${card.model}, driver ${card.driver}${used ? '' : '; not used: npx rs-engine install --gpu'}`;
    return { item: 'GPU', state: used ? 'ok' : 'note', text };
  }
  if (hasNvidiaDriver())
    return { item: 'GPU', state: 'note', text: 'an NVIDIA driver is loaded, but nvidia-smi does not answer: reinstall the driver' };
  return { item: 'GPU', state: 'note', text: 'no NVIDIA driver; nothing is missing when there is no NVIDIA card' };
}
