import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NativePackage } from '../native/packages.js';
import { findCompiler } from './build-tools.js';
import { settle } from './cache-folder.js';
import { InstallError } from './install-error.js';
import type { Library } from './library.js';
import type { Progress } from './progress.js';
import { releaseFolder } from './release.js';
import { lastWords, runCommand } from './run-command.js';

const require = createRequire(import.meta.url);
const napiVersion = 8;
const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${napiVersion}`, '-DNODE_GYP_MODULE_NAME=tfjs_binding'];
const gateSource = fileURLToPath(new URL('../../native/stderr-gate.cc', import.meta.url));

/** The bridge from Node to TensorFlow, compiled for one library, one version of tfjs-node and one place of the cache. */
export interface Binding {
  readonly folder: string; // holds tfjs_binding.node and stderr_gate.node
  readonly file: string;
}

/** Where the binding of a package and a library belongs: the name holds a hash of all that went into it. */
export async function bindingOf(library: Library, { folder, version }: NativePackage, cache: string): Promise<Binding> {
  const hash = createHash('sha256').update(JSON.stringify([version, process.platform, process.arch, library.folder, flags]));
  const sources = (await readdir(join(folder, 'binding'))).sort().map((name) => join(folder, 'binding', name));
  for (const source of [...sources, gateSource]) hash.update(basename(source)).update(await readFile(source));
  const name = `binding-${releaseFolder(library.release)}-${hash.digest('hex').slice(0, 12)}`;
  return { folder: join(cache, name), file: join(cache, name, 'tfjs_binding.node') };
}

export const isCompiled = ({ folder, file }: Binding): boolean => existsSync(file) && existsSync(join(folder, 'stderr_gate.node'));

/**
 * Compiles the package's own sources against the library; the result finds its libraries in the cache by their absolute path.
 *
 * @throws InstallError when there is no compiler or it fails
 */
export async function compileBinding(
  binding: Binding,
  library: Library,
  { folder }: NativePackage,
  partial: string,
  progress: Progress,
): Promise<void> {
  const compiler = await findCompiler();
  const nodeHeaders = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  const tensorflow = join(library.folder, 'tensorflow');
  const target = join(partial, 'binding');
  await mkdir(target);
  const compile = async (output: string, args: readonly string[]): Promise<void> => {
    const result = await runCommand(compiler.command, [...flags, '-I', nodeHeaders, ...args, '-o', join(target, output)]);
    if (result.status !== 0) {
      throw new InstallError(
        `${compiler.command} could not compile ${output}: ${lastWords(result)}. A compiler for C++17 is needed (g++ 9 or newer)`,
      );
    }
  };
  progress.start(`compiling with ${compiler.command}`);
  const include = ['-I', folder, '-I', join(tensorflow, 'include')];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(folder, 'binding', name));
  const link = ['-L', tensorflow, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', `-Wl,-rpath,${tensorflow}`];
  await compile('tfjs_binding.node', [...include, ...sources, ...link]);
  await compile('stderr_gate.node', [gateSource]);
  await settle(target, binding.folder);
  progress.done();
}

/** Where the npm package looks for its binding. */
export const bindingPlace = ({ folder }: NativePackage): string => join(folder, 'lib', `napi-v${napiVersion}`, 'tfjs_binding.node');
