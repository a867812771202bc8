import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Diagnosis } from '../src/install/doctor.js';

const entry = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const rsEngine = (args: string[], environment: Record<string, string> = {}): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', ...environment } });

test('help shows examples first', () => {
  const { status, stdout } = rsEngine(['--help']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Examples:\n {2}rs-engine install\n/);
});

test('an unknown option is a mistake of usage', () => {
  const { status, stderr } = rsEngine(['install', '--tpu']);
  expect([status, stderr]).toEqual([2, expect.stringContaining("unknown option '--tpu'")]);
});

test('an installation without Python fails in one line, and leaves the cache empty', () => {
  const cache = mkdtempSync(join(tmpdir(), 'rs-engine-'));
  try {
    const { status, stdout, stderr } = rsEngine(['install', '--gpu'], { PATH: '', RS_CACHE: cache });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^rs-engine: (Python 3 is not on PATH|TensorFlow is installed on Linux|TensorFlow for a GPU).*\n$/);
    expect(readdirSync(cache)).toEqual([]);
  } finally {
    rmSync(cache, { recursive: true });
  }
});

test('doctor tells what works, for people and for programs', () => {
  const asJson = rsEngine(['doctor', '--json']);
  const { engine, findings } = JSON.parse(asJson.stdout) as Diagnosis;
  expect(asJson.status).toBe(0);
  expect(findings.map(({ item }) => item)).toEqual(
    ['Node', 'npm package', 'pip', 'C++ compiler', 'cache', 'library', 'TensorFlow', 'GPU', 'WebAssembly'], // prettier-ignore
  );
  const asText = rsEngine(['doctor'], { PATH: '' });
  expect(asText.stdout).toMatch(/C\+\+ compiler +missing +no C\+\+ compiler .*apt install g\+\+/);
  expect(asText.stdout).toContain(engine === 'wasm' ? 'Works on WebAssembly' : `Works on TensorFlow (${String(engine)})`);
});
