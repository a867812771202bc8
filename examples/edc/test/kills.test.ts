import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { Random } from '@rs/nn';
import { loadLatestCheckpoint } from '@rs/train';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';
import { tinyConfig } from './tiny-config.js';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const cli = file('../dist/cli.js');
const root = temporaryFolder();
const kills = { saving: Number(process.env.SAVE_KILLS ?? 3), training: Number(process.env.TRAIN_KILLS ?? 3) };
const random = new Random(7);

const ended = (child: ChildProcess): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
const after = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What the child writes to one of its streams. */
function written(child: ChildProcess, stream: 'stdout' | 'stderr'): { text: string; first: Promise<void> } {
  const said = { text: '', first: Promise.resolve() };
  said.first = new Promise((resolve) => {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      said.text += text;
      resolve();
    });
    child.on('exit', () => resolve());
  });
  return said;
}

describe.runIf(existsSync(cli))('kill -9', () => {
  test(
    `${kills.saving} times at random moments of saving: the newest complete checkpoint always loads`,
    { timeout: 60_000 + 10_000 * kills.saving },
    async () => {
      const folder = path.join(root, 'saving');
      let newest = 0;
      for (let kill = 0; kill < kills.saving; kill++) {
        const child = spawn(process.execPath, [file('save-checkpoints.mjs'), folder], { cwd: file('..') });
        const exit = ended(child);
        const steps = written(child, 'stdout');
        await steps.first;
        await after(60 * random.uniform());
        child.kill('SIGKILL');
        expect(await exit).toEqual({ code: null, signal: 'SIGKILL' });
        const told = steps.text.split('\n').slice(0, -1).map(Number); // prettier-ignore
        const loaded = await loadLatestCheckpoint(folder);
        expect(loaded?.step).toBeGreaterThanOrEqual(Math.max(newest, ...told));
        expect(new Set(loaded?.tensors.get('w')?.data as Float32Array)).toEqual(new Set([loaded?.step]));
        newest = loaded?.step as number;
      }
      expect(newest).toBeGreaterThanOrEqual(kills.saving);
    },
  );

  test(
    `${kills.training} times at random moments of a run: weights and figures of one that was never killed`,
    { timeout: 120_000 + 60_000 * kills.training },
    async () => {
      writeFileSync(
        path.join(root, 'tiny.yaml'),
        JSON.stringify({ ...tinyConfig, training: { ...tinyConfig.training, teacher: { steps: 6 }, student: { steps: 8 } } }),
      );
      const run = (out: string): ChildProcess =>
        spawn(process.execPath, [cli, 'reproduce', '--table', '2', '--config', 'tiny.yaml', '--eager', '--out', out], {
          env: { ...process.env, INIT_CWD: root },
        });
      const start = Date.now();
      const whole = run('whole');
      expect(await ended(whole)).toEqual({ code: 0, signal: null });
      const duration = Date.now() - start;

      let unfinished = 0;
      for (let kill = 0; kill < kills.training; kill++) {
        const child = run('killed');
        const exit = ended(child);
        await Promise.race([exit, after(duration * (0.3 + 0.6 * random.uniform()))]);
        child.kill('SIGKILL');
        const { code } = await exit;
        if (code === 0) break; // it came to its end before
        unfinished++;
        for (const folder of checkpointFolders(path.join(root, 'killed'))) await loadLatestCheckpoint(folder);
        forgetHolder(path.join(root, 'killed'));
      }
      expect(unfinished).toBeGreaterThan(0);
      expect(await ended(run('killed'))).toEqual({ code: 0, signal: null });
      const [expected, found] = ['whole', 'killed'].map((out) => resultsOf(path.join(root, out)));
      expect([...found.keys()]).toEqual(['edc', 'teacher']);
      for (const [row, result] of found) expect(result).toEqual(expected.get(row));
    },
  );
});

const configFolder = (out: string): string =>
  path.join(out, readdirSync(out).find((name) => name.startsWith('tiny-') && !name.endsWith('.lock')) as string);

function checkpointFolders(out: string): string[] {
  if (!existsSync(out)) return [];
  return readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => path.basename(name) === 'checkpoints').map((name) => path.join(out, name)); // prettier-ignore
}

/** A minute passes: the lock of the killed process is taken over. */
function forgetHolder(out: string): void {
  if (!existsSync(out)) return;
  const longAgo = new Date(Date.now() - 120_000);
  for (const name of readdirSync(out)) if (name.endsWith('.lock')) utimesSync(path.join(out, name), longAgo, longAgo);
}

/** Weights and figures of each row; times differ. */
function resultsOf(out: string): Map<string, { weights: string; result: unknown }> {
  const folder = configFolder(out);
  const rows = readdirSync(folder).filter((name) => existsSync(path.join(folder, name, 'seed-0', 'result.json'))).sort(); // prettier-ignore
  return new Map(
    rows.map((row) => {
      const { seconds: _, ...result } = JSON.parse(readFileSync(path.join(folder, row, 'seed-0', 'result.json'), 'utf8')) as {
        seconds: number;
      };
      return [row, { weights: readFileSync(path.join(folder, row, 'seed-0', 'weights.safetensors')).toString('base64'), result }];
    }),
  );
}

describe.runIf(existsSync(cli))('one folder', () => {
  const words = [cli, 'reproduce', '--table', '2', '--config', 'tiny.yaml', '--eager', '--out'];
  const environment = { env: { ...process.env, INIT_CWD: root } };

  test('takes one run at a time: the second is told so in one line, and the first is not disturbed', { timeout: 120_000 }, async () => {
    writeFileSync(path.join(root, 'tiny.yaml'), JSON.stringify(tinyConfig));
    const first = spawn(process.execPath, [...words, 'shared'], environment);
    const [firstEnd, progress] = [ended(first), written(first, 'stderr')];
    while (!progress.text.includes('training') && first.exitCode === null) await after(50);
    const second = spawn(process.execPath, [...words, 'shared', '--quiet'], environment);
    const [secondEnd, problem] = [ended(second), written(second, 'stderr')];
    expect(await secondEnd).toEqual({ code: 1, signal: null });
    expect(problem.text.trim().split('\n')).toEqual([expect.stringMatching(/^edc: another run is at work in .*shared/)]);
    expect(await firstEnd).toEqual({ code: 0, signal: null });
  });

  test('that may only be read is told in one line', { timeout: 60_000 }, async () => {
    writeFileSync(path.join(root, 'tiny.yaml'), JSON.stringify(tinyConfig));
    mkdirSync(path.join(root, 'readable'), { mode: 0o555 });
    chmodSync(root, 0o755);
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}; // root may write everywhere
    const child = spawn(process.execPath, [...words, 'readable', '--quiet'], { ...environment, ...nobody });
    const [end, problem] = [ended(child), written(child, 'stderr')];
    expect(await end).toEqual({ code: 1, signal: null });
    expect(problem.text.trim().split('\n')).toEqual([expect.stringMatching(/^edc: .*permission denied.*readable/)]);
    expect(readdirSync(path.join(root, 'readable'))).toEqual([]);
  });
});
