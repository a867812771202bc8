// Makes a clone ready: npm packages as the lockfile says, everything built, and with --engine TensorFlow. Says what it does
// while there is something to do, and nothing otherwise. Needs Node alone.
//
//     node tools/bootstrap/bootstrap.mjs [--engine] [--quiet]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const state = join(root, '.nx'); // not tracked, and kept when npm replaces node_modules
const lock = join(state, 'bootstrap.lock');
const buildStamp = join(state, 'bootstrap.build');
const needed = [20, 19];

class BootstrapError extends Error {}

const { values: options } = parseArgs({ options: { engine: { type: 'boolean' }, quiet: { type: 'boolean' } } });
const say = (text) => {
  if (!options.quiet) process.stderr.write(`bootstrap: ${text}\n`);
};

/** Runs a program, keeps what it says, and shows it only when it fails. */
async function run(command, args, what) {
  const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const status = await new Promise((resolve) => {
    child.on('error', (error) => {
      output.push(Buffer.from(error.message));
      resolve(1);
    });
    child.on('close', resolve);
  });
  if (status !== 0) throw new BootstrapError(`${Buffer.concat(output).toString().trim()}\n${what} failed: ${[command, ...args].join(' ')}`);
}

/** npm writes node_modules/.package-lock.json last: what it lists is there, and is compared with the lockfile. */
function packagesAreInstalled() {
  const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = read('node_modules/.package-lock.json');
  return Object.entries(read('package-lock.json')).every(([path, { version, integrity, optional, devOptional, peer, link }]) => {
    if (!path.includes('node_modules/')) return true; // the workspaces themselves
    const found = installed[path];
    if (!found) return Boolean(optional || devOptional || peer); // for other platforms
    return link ? found.link === true : found.version === version && (!integrity || !found.integrity || found.integrity === integrity);
  });
}

async function installPackages() {
  if (packagesAreInstalled()) return;
  say('installing npm packages (npm ci)');
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'installing the npm packages');
}

/** Folders of the workspaces that are built. */
function projects() {
  return ['packages', 'examples', 'tools'].flatMap((group) =>
    readdirSync(join(root, group))
      .map((name) => join(root, group, name))
      .filter((folder) => existsSync(join(folder, 'tsconfig.json')) && existsSync(join(folder, 'package.json'))),
  );
}

/** Changes when a source or a setting of the build does: names, sizes and times, which are quicker to read than contents. */
function sourcesStamp() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  };
  for (const name of ['package-lock.json', 'tsconfig.base.json', 'nx.json']) add(join(root, name));
  for (const folder of projects()) {
    for (const name of ['package.json', 'tsconfig.json']) add(join(folder, name));
    if (!existsSync(join(folder, 'src'))) continue;
    for (const entry of readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) add(join(entry.parentPath ?? entry.path, entry.name));
    }
  }
  return hash.digest('hex');
}

async function build() {
  const stamp = sourcesStamp();
  const isBuilt = projects().every((folder) => existsSync(join(folder, 'dist')));
  if (isBuilt && existsSync(buildStamp) && readFileSync(buildStamp, 'utf8') === stamp) return;
  say('building what changed (nx run-many -t build)');
  await run(join(root, 'node_modules/.bin/nx'), ['run-many', '-t', 'build', '--outputStyle=static'], 'the build');
  writeFileSync(`${buildStamp}.new`, stamp); // of before the build: a source that changed meanwhile is built next time
  renameSync(`${buildStamp}.new`, buildStamp);
}

/** TensorFlow, or the reason why everything will run on WebAssembly. */
async function installEngine() {
  if (['wasm', 'cpu'].includes(process.env.RS_ENGINE ?? '')) return;
  const part = (name) => import(pathToFileURL(join(root, 'packages/engine/dist/install', name)).href);
  const { installNative } = await part('install.js');
  const { silentProgress, streamProgress } = await part('progress.js');
  try {
    const { status, version } = await installNative({ progress: options.quiet ? silentProgress : streamProgress(process.stderr) });
    if (status === 'installed') say(`TensorFlow ${version} is installed`);
  } catch (error) {
    process.stderr.write(`bootstrap: TensorFlow is not installed: ${error.message}\n`);
    process.stderr.write('bootstrap: going on with WebAssembly, which is 6 to 10 times slower\n');
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Creates the lock file with our process id; false when it exists. */
function takeLock(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is gone; one process at a time looks, so that none removes a lock just taken. */
function dropDeadLock() {
  const guard = `${lock}.guard`;
  if (!takeLock(guard)) {
    if (Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 10_000) rmSync(guard, { force: true });
    return;
  }
  try {
    const pid = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : NaN;
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (pid > 0 ? !isRunning(pid) : age > 10_000) rmSync(lock, { force: true }); // 0: its holder has not written it yet
  } finally {
    rmSync(guard, { force: true });
  }
}

/** One bootstrap of a clone at a time: npm and the build write where others read. */
async function alone(work) {
  mkdirSync(state, { recursive: true });
  for (let waits = 0; !takeLock(lock); waits++) {
    if (waits === 2) say('waiting for another bootstrap of this clone');
    dropDeadLock();
    await sleep(200);
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

try {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
    throw new BootstrapError(`Node ${needed.join('.')} or newer is needed, this is ${process.versions.node}: see https://nodejs.org`);
  }
  await alone(async () => {
    await installPackages();
    await build();
    if (options.engine) await installEngine();
  });
} catch (error) {
  process.stderr.write(`bootstrap: ${error instanceof BootstrapError ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
