import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InstallError } from '../src/install/install-error.js';
import { installNative, type Installation, type InstallOptions } from '../src/install/install.js';
import type { Proof } from '../src/install/prove.js';
import { fakeMachine, pathWithout, wheelFiles, wheelOf, type FakeMachine } from './fake-machine.js';

const works = (): Promise<Proof> => Promise.resolve({ works: true, version: '2.21.0', onGpu: false });
const calls = (machine: FakeMachine, program: string): number =>
  readFileSync(machine.log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${program} `)).length;
const place = (machine: FakeMachine): string => join(machine.package.folder, 'lib/napi-v8/tfjs_binding.node');
const install = (machine: FakeMachine, options: InstallOptions = {}): Promise<Installation> =>
  installNative({ cache: machine.cache, package: machine.package, prove: works, ...options });
const withoutLeftovers = (machine: FakeMachine): void => {
  expect(readdirSync(machine.cache).filter((name) => name.startsWith('partial-') || name.endsWith('.lock'))).toEqual([]);
};

let machine: FakeMachine;
const path = process.env.PATH;
const onMachine = async (options?: Parameters<typeof fakeMachine>[0]): Promise<void> => {
  await machine.remove();
  machine = await fakeMachine(options);
  process.env.PATH = machine.path;
};
beforeEach(async () => {
  machine = await fakeMachine();
  process.env.PATH = machine.path;
});
afterEach(async () => {
  process.env.PATH = path;
  await machine.remove();
});

describe('an installation', () => {
  test('puts the libraries and the C headers into the cache and links the binding', async () => {
    const { status, binding } = await install(machine);
    expect(status).toBe('installed');
    expect(await readlink(place(machine))).toBe(binding);
    const library = join(
      machine.cache,
      readdirSync(machine.cache).find((name) => name.startsWith('tensorflow'))!,
    );
    const taken = readdirSync(join(library, 'tensorflow'), { recursive: true, withFileTypes: true });
    expect(
      taken
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['c_api.h', 'libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']);
    const cc = 'tensorflow/libtensorflow_cc.so.2';
    expect(readFileSync(join(library, cc), 'utf8')).toBe(wheelFiles[cc]);
    withoutLeftovers(machine);
  });

  test('does nothing the second time', async () => {
    await install(machine);
    const log = readFileSync(machine.log, 'utf8');
    expect((await install(machine)).status).toBe('already installed');
    expect(readFileSync(machine.log, 'utf8')).toBe(log);
  });

  test('is made anew with force', async () => {
    await install(machine);
    expect((await install(machine, { force: true })).status).toBe('installed');
    expect(calls(machine, 'pip')).toBe(2);
    withoutLeftovers(machine);
  });

  test('serves a replaced npm package from the cache, without pip and without a compiler', async () => {
    await install(machine);
    await rm(join(machine.package.folder, 'lib'), { recursive: true });
    process.env.PATH = await pathWithout(machine.folder, []);
    expect((await install(machine)).status).toBe('installed');
    expect(existsSync(place(machine))).toBe(true);
  });

  test('compiles again, and downloads nothing, when the sources of the npm package change', async () => {
    await install(machine);
    await writeFile(join(machine.package.folder, 'binding/tfjs_backend.cc'), '// changed');
    expect((await install(machine, { prove: provedOnce() })).status).toBe('installed');
    expect([calls(machine, 'pip'), calls(machine, 'g++')]).toEqual([1, 4]);
  });

  test('keeps a binding that another brought and that works', async () => {
    await mkdir(join(place(machine), '..'), { recursive: true });
    await writeFile(place(machine), 'theirs');
    expect((await install(machine)).status).toBe('already installed');
    expect(readFileSync(place(machine), 'utf8')).toBe('theirs');
  });

  test('uses the wheel of a run that was interrupted', async () => {
    const wheels = join(machine.cache, 'wheels');
    await mkdir(wheels, { recursive: true });
    const architecture = process.arch === 'x64' ? 'x86_64' : 'aarch64';
    await writeFile(join(wheels, `tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_${architecture}.whl`), wheelOf(wheelFiles));
    expect((await install(machine)).status).toBe('installed');
    expect(calls(machine, 'pip')).toBe(0);
  });

  test('happens once when two start together', async () => {
    await onMachine({ slow: 0.3 });
    const found = await Promise.all([runOnce(machine), runOnce(machine)]);
    expect(found.sort()).toEqual(['already installed', 'installed']);
    expect([calls(machine, 'pip'), calls(machine, 'g++')]).toEqual([1, 2]);
  });

  const cacheHas = (on: FakeMachine, name: RegExp): boolean =>
    existsSync(on.cache) && readdirSync(on.cache, { recursive: true }).some((path) => name.test(path as string));
  const moments: [string, (on: FakeMachine) => boolean][] = [
    ['pip runs', (on) => calls(on, 'pip') === 1],
    ['the wheel is there', (on) => cacheHas(on, /^wheels.*whl$/)],
    ['the library is being extracted', (on) => cacheHas(on, /^partial-[^/]*\/library/)],
    ['the library is there', (on) => cacheHas(on, /^tensorflow-/)],
    ['the compiler runs a second time', (on) => calls(on, 'g++') === 2],
    ['the binding is there', (on) => cacheHas(on, /^binding-/)],
  ];
  test('is finished by the next run, wherever the last one was killed', async () => {
    const killAndRunAgain = async ([moment, isNow]: (typeof moments)[number]): Promise<void> => {
      const one = await fakeMachine({ slow: 0.1 });
      try {
        const child = spawn(process.execPath, onceArguments(one), { env: { ...process.env, PATH: one.path }, stdio: 'ignore' });
        const ended = new Promise((resolve) => child.once('close', resolve));
        while (child.exitCode === null && !isNow(one)) await sleep(1);
        child.kill('SIGKILL');
        await ended;
        const continued = await runOnce(one);
        expect(continued, moment).toMatch(/^(already )?installed$/); // already: it was killed after the last step
        expect(readFileSync(place(one), 'utf8'), moment).toBe('compiled\n');
        expect(calls(one, 'pip'), moment).toBeLessThanOrEqual(2);
        expect(await runOnce(one), moment).toBe('already installed');
        if (continued === 'installed') withoutLeftovers(one);
      } finally {
        await one.remove();
      }
    };
    await Promise.all(moments.map(killAndRunAgain));
  });
});

describe('a failing installation says what to do and leaves nothing behind', () => {
  const failing = async (message: RegExp, options?: InstallOptions): Promise<void> => {
    await expect(install(machine, options)).rejects.toThrow(message);
    await expect(install(machine, options)).rejects.toBeInstanceOf(InstallError);
    expect(existsSync(place(machine))).toBe(false);
    withoutLeftovers(machine);
  };

  test('without Python', async () => {
    process.env.PATH = await pathWithout(machine.folder, ['g++']);
    await failing(/Python 3 is not on PATH.*apt install python3-pip/);
  });

  test('without a compiler', async () => {
    process.env.PATH = `${await pathWithout(machine.folder, ['python3'])}`;
    await failing(/no C\+\+ compiler .*apt install g\+\+/);
    expect(calls(machine, 'pip')).toBe(0);
  });

  test('when pip finds nothing', async () => {
    await rm(machine.wheel);
    await failing(/pip could not download tensorflow.*Check the network/);
  });

  test('when a library in the wheel is damaged; the next run downloads it again', async () => {
    await writeFile(machine.wheel, wheelOf(wheelFiles, { 'tensorflow/libtensorflow_cc.so.2': 'damaged' }));
    await failing(/libtensorflow_cc\.so\.2 in the wheel is damaged.*the download was removed/);
    await writeFile(machine.wheel, wheelOf(wheelFiles));
    expect((await install(machine)).status).toBe('installed');
  });

  test('when a name in the wheel leads out of it', async () => {
    await writeFile(machine.wheel, wheelOf({ ...wheelFiles, '../escaped.h': '' }));
    await failing(/invalid relative path/);
    expect(existsSync(join(machine.cache, 'escaped.h'))).toBe(false);
  });

  test('when the wheel is no zip file', async () => {
    await writeFile(machine.wheel, 'not a wheel');
    await failing(/the download was removed, run the command again/);
  });

  test('when the cache cannot be written', async () => {
    const cache = join(machine.wheel, 'cache'); // below a file
    await expect(install(machine, { cache })).rejects.toThrow(/cannot be written .*set RS_CACHE to one that can/);
  });

  test('when the result does not compute', async () => {
    await failing(/does not work here: no AVX/, { prove: () => Promise.resolve({ works: false, reason: 'no AVX' }) });
  });
});

/** A proof that fails for what was there before, and holds for what is made. */
function provedOnce(): () => Promise<Proof> {
  let asked = 0;
  return () => (asked++ < 2 ? Promise.resolve({ works: false, reason: 'old' }) : works());
}

const onceArguments = ({ cache, package: { folder } }: FakeMachine): string[] => [
  fileURLToPath(new URL('install-once.mjs', import.meta.url)),
  cache,
  folder,
];

const runOnce = async (on: FakeMachine): Promise<string> =>
  (await promisify(execFile)(process.execPath, onceArguments(on), { env: { ...process.env, PATH: on.path } })).stdout;
