import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCheckpoint, readSafetensors } from '../src/index.js';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const sample = fileURLToPath(new URL('../../../tools/conformance/samples/checkpoints/dtypes.pth', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rs-weights-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
const run = (...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }));
  });

test('show lists each tensor, and the totals', async () => {
  const { code, stdout, stderr } = await run('show', sample);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/bf16 +│ BF16 +│ \[4, 3\] │ +24 B/);
  expect(stdout).toContain('PyTorch zip: 7 tensors, 40 parameters, 111 B');
  const listing = JSON.parse((await run('show', '--json', sample)).stdout);
  expect(listing).toMatchObject({ format: 'PyTorch zip', parameters: 40, bytes: 111 });
  expect(listing.tensors[3]).toEqual({ name: 'i64', dtype: 'I64', shape: [2], bytes: 16 });
});

test('convert keeps types and values, and leaves no other file', async () => {
  const out = path.join(folder, 'dtypes.safetensors');
  const { code, stdout, stderr } = await run('convert', sample, out);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toMatch(/dtypes.safetensors: 7 tensors, \d+ bytes, SHA-256 [0-9a-f]{64}\n$/);
  expect(new Map(await readSafetensors(out))).toEqual(await readCheckpoint(sample));
  expect(await readdir(folder)).toEqual(['dtypes.safetensors']);
  expect(await run('--quiet', 'convert', sample, out)).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('errors are one line, and the exit code says which kind', async () => {
  const missing = await run('show', 'no.pth');
  expect(missing).toEqual({ code: 3, stdout: '', stderr: 'rs-weights: no.pth: no such file\n' });
  expect((await run('--verbose', 'show', 'no.pth')).stderr).toContain('at ');
  expect((await run('show', '--sha256', 'zz', sample)).code).toBe(2);
  expect((await run('show', '--sha256', '0'.repeat(64), sample)).code).toBe(3);
  expect(await run('convert', sample, 'out.pth')).toMatchObject({
    code: 2,
    stderr: 'rs-weights: OUT must end in .safetensors, got out.pth\n',
  });
  expect((await run('convert', sample, path.join(folder, 'no', 'x.safetensors'))).code).toBe(1);
  expect((await run('frobnicate')).code).toBe(2);
  expect((await run()).code).toBe(2);
  const help = await run('--help');
  expect(help.code).toBe(0);
  expect(help.stdout).toMatch(/^Examples:\n {2}rs-weights show/);
});
