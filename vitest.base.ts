import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The one test configuration: packages are tested from their sources, on the engine that an application would get. */
export const testConfig = ({ engine }: { engine: boolean }): ViteUserConfig =>
  defineConfig({
    resolve: { alias: [{ find: /^@rs\/(?!example-)(.+)$/, replacement: `${root}packages/$1/src/index.ts` }] },
    test: {
      include: ['test/**/*.test.ts'],
      setupFiles: engine ? [`${root}vitest.setup.ts`] : [],
      pool: 'forks',
      isolate: false, // TensorFlow loads once a process, not once a file
      maxWorkers: 2,
      env: { NO_COLOR: '1', FORCE_COLOR: '0' }, // what programs print is compared to the letter, also where CI forces colours
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  });
