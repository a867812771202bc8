import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The npm package whose binding `rs-engine install` makes; it runs a CPU and a GPU library of TensorFlow alike. */
export const ownPackage = '@tensorflow/tfjs-node-gpu';

/** An npm package that holds TensorFlow for Node. */
export interface NativePackage {
  readonly name: string;
  readonly folder: string;
  readonly version: string;
  readonly binding: string | undefined; // the compiled file, where it is ready
}

/** Our own package and a user's @tensorflow/tfjs-node, where they are found from here or from the working folder. */
export function findNativePackages(): NativePackage[] {
  return [ownPackage, '@tensorflow/tfjs-node'].flatMap((name) => findNativePackage(name) ?? []);
}

export function findNativePackage(name: string): NativePackage | undefined {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    const require = createRequire(from);
    try {
      const manifest = require.resolve(`${name}/package.json`);
      const folder = dirname(manifest);
      const { version } = require(manifest) as { version: string };
      return { name, folder, version, binding: findBinding(folder) };
    } catch {
      continue; // not installed there
    }
  }
  return undefined;
}

/** The compiled file for the highest Node-API version; a link counts only when its target stands. */
function findBinding(folder: string): string | undefined {
  const lib = join(folder, 'lib');
  if (!existsSync(lib)) return undefined;
  const files = readdirSync(lib)
    .filter((name) => /^napi-v\d+$/.test(name))
    .sort((a, b) => Number(b.slice(6)) - Number(a.slice(6)))
    .map((name) => join(lib, name, 'tfjs_binding.node'));
  return files.find((file) => existsSync(file));
}

/** The file of the stderr gate, which is compiled beside the binding. */
export const gateBeside = (binding: string): string => join(dirname(realpathSync(binding)), 'stderr_gate.node');
