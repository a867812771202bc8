import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build, type Rolldown } from 'vite';
import { expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../../', import.meta.url));

test('bundles for the browser without a module of Node, and predicts where Node is absent', async () => {
  const asked: string[] = []; // for modules of Node, by our sources
  const [{ output }] = (await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: [{ find: /^@rs\/(.+)$/, replacement: `${packages}$1/src/index.ts` }] },
    plugins: [
      {
        name: 'modules-of-node',
        enforce: 'pre',
        resolveId: (source, importer) => {
          if (isBuiltin(source) && importer?.startsWith(packages)) asked.push(`${source} by ${importer}`);
        },
      },
    ],
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL('browser-page.ts', import.meta.url)), formats: ['iife'], name: 'page' },
    },
  })) as Rolldown.RolldownOutput[];
  expect(asked).toEqual([]);
  const [{ code, imports }] = output;
  expect(imports).toEqual([]);
  expect(code).not.toMatch(/["']node:/);
  const worker = { console, performance, setTimeout, TextEncoder, TextDecoder, WorkerGlobalScope: Object }; // what a web worker has
  const { prediction } = runInContext(`var self = globalThis; ${code}; page`, createContext(worker)) as {
    prediction: { backend: string; shape: number[]; finite: boolean };
  };
  expect({ ...prediction, shape: [...prediction.shape] }).toEqual({ backend: 'cpu', shape: [1, 32, 32, 2], finite: true });
});
