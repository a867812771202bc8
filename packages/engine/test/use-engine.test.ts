import * as tf from '@tensorflow/tfjs-core';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { describeEngine, EngineError, engineLine, engineNames, parseEngineName, useEngine, type EngineDescription } from '../src/index.js';

afterEach(async () => {
  await useEngine({ quiet: true });
});

const require = createRequire(import.meta.url);

/** Runs a program against the built package, as a user's would run, with nothing of this process's choice in its environment. */
async function runProgram(
  program: string,
  environment: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<{ stdout: string; stderr: string }> {
  const { RS_ENGINE: _e, RS_THREADS: _t, TF_CPP_MIN_LOG_LEVEL: _l, TF_NUM_INTRAOP_THREADS: _n, ...clean } = process.env;
  const entry = new URL('../dist/index.js', import.meta.url).href;
  const source = `import * as engine from '${entry}';\n${program}`;
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', source, '--', ...args], { env: { ...clean, ...environment } });
}

test('the second call returns what the first chose', async () => {
  const first = await useEngine({ quiet: true });
  expect(await useEngine({ quiet: true })).toBe(first);
  expect(describeEngine()).toBe(first);
  expect(tf.getBackend()).toBe(first.backend);
});

test('another engine can be taken and given back in one process', async () => {
  const best = await useEngine({ quiet: true });
  const plain = await useEngine({ engine: 'cpu', quiet: true });
  expect([plain.name, tf.getBackend(), describeEngine()]).toEqual(['cpu', 'cpu', plain]);
  await useEngine({ quiet: true });
  expect(tf.getBackend()).toBe(best.backend);
});

test('all tfjs packages share one core', () => {
  expect(require('@tensorflow/tfjs-core').Tensor).toBe(tf.Tensor);
  expect(require('@tensorflow/tfjs').Tensor).toBe(tf.Tensor);
});

test('an engine that does not exist, or does not work here, is an error with the way out', async () => {
  await expect(useEngine({ engine: 'tpu' as 'cpu' })).rejects.toThrow("engine must be one of native-gpu, native, wasm, cpu, got 'tpu'");
  expect(() => parseEngineName('GPU', 'RS_ENGINE')).toThrow("RS_ENGINE must be one of native-gpu, native, wasm, cpu, got 'GPU'");
  const error = await runProgram('engine.useEngine().catch((error) => console.log(error.exitCode, error.message));', { RS_ENGINE: 'fast' });
  expect(error.stdout).toContain("4 RS_ENGINE must be one of native-gpu, native, wasm, cpu, got 'fast'");
  expect(new EngineError('no engine')).toMatchObject({ name: 'EngineError', exitCode: 4 });
});

test('a number of threads that is none is an error', async () => {
  const { stdout } = await runProgram('engine.useEngine().catch((error) => console.log(error.message));', { RS_THREADS: 'two' });
  expect(stdout.trim()).toBe("RS_THREADS must be a positive integer, got 'two'");
});

test('what stands on the command line does not lead the engine astray', async () => {
  const program = 'const { name } = await engine.useEngine({ quiet: true }); console.log(name, process.argv.at(-1));';
  const [alone, given] = [await runProgram(program, {}, ['x']), await runProgram(program, {}, ['--dir', '/data', '--target', '99', 'x'])];
  expect(given.stdout).toBe(alone.stdout);
});

test('nothing is described before the first choice', async () => {
  const { stdout } = await runProgram('try { engine.describeEngine(); } catch (error) { console.log(error.message); }');
  expect(stdout).toContain('call `await useEngine()` first');
});

test('says in one line what it chose, and nothing of its own start', async () => {
  const { stdout, stderr } = await runProgram('console.log(JSON.stringify(await engine.useEngine({ threads: 1 })));');
  const description = JSON.parse(stdout) as EngineDescription;
  expect(engineNames).toContain(description.name);
  expect(description.threads).toBe(1);
  expect(stderr).toBe(`engine: ${[engineLine(description), ...description.notes].join('; ')}\n`);
});

test('says nothing when it is to be quiet', async () => {
  expect((await runProgram('await engine.useEngine({ quiet: true });')).stderr).toBe('');
});

test.each(['wasm', 'cpu'])('RS_ENGINE=%s is taken', async (RS_ENGINE) => {
  const { stdout } = await runProgram('console.log((await engine.useEngine()).name);', { RS_ENGINE });
  expect(stdout.trim()).toBe(RS_ENGINE);
});

test('the report line names engine, threads and device', () => {
  const description: EngineDescription = {
    name: 'native',
    backend: 'tensorflow',
    version: '2.21.0',
    tfjs: '4.22.0',
    library: '@tensorflow/tfjs-node-gpu',
    device: 'Intel Xeon',
    threads: 2,
    node: '20.19.0',
    platform: 'linux-x64',
    notes: [],
  };
  expect(engineLine(description)).toBe('TensorFlow 2.21.0 (native, 2 threads) on Intel Xeon');
  expect(engineLine({ ...description, name: 'wasm', backend: 'wasm', version: '4.22.0', threads: 1 })).toBe(
    'TensorFlow.js WebAssembly 4.22.0 (wasm, 1 thread) on Intel Xeon',
  );
});
