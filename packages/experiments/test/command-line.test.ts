import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Interrupted, readConfig, runCommandLine, UsageError, type App, type ReproduceOptions } from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

type Config = { name: string };
const folder = temporaryFolder();
const schema = z.strictObject({ name: z.string() });
for (const name of ['small', 'small-quick', 'files', 'files-quick', 'mine'])
  writeFileSync(path.join(folder, `${name}.yaml`), `name: ${name}\n`);
writeFileSync(path.join(folder, 'wrong.yaml'), 'colour: red\n');

let asked: ReproduceOptions<Config>[];
const table = {
  title: 'Table 1',
  columns: [{ header: 'mIoU' }],
  rows: [{ label: 'ours', source: 'reproduced' as const, cells: [50] }],
  provenance: { data: 'd', scale: 's', engine: 'e', seeds: [0] },
};
const app: App<Config> = {
  name: 'demo',
  title: 'Demo',
  description: 'A demo.',
  examples: ['npm run reproduce -- demo', 'npm run reproduce -- demo --table 1'],
  commands: { reproduce: "rebuilds the paper's tables" },
  tables: [1, 2, 4],
  figures: [3],
  data: 'folder of files',
  configFolder: folder,
  standardConfig: ({ data, quick }) => `${data ? 'files' : 'small'}${quick ? '-quick' : ''}.yaml`,
  readConfig: (file) => readConfig(file, schema),
  reproduce: (options) => {
    asked.push(options);
    return Promise.resolve({ folder: path.join(folder, 'runs'), report: path.join(folder, 'runs/report.html'), tables: [table] });
  },
};

/** What a command prints, and its exit code. */
async function demo(words: string, changes: Partial<App<Config>> = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  const lines = { stdout: '', stderr: '' };
  const into = (name: keyof typeof lines) => (text: unknown) => ((lines[name] += `${String(text).replace(/\n$/, '')}\n`), true);
  const spies = [
    vi.spyOn(console, 'log').mockImplementation(into('stdout')),
    vi.spyOn(console, 'error').mockImplementation(into('stderr')),
    vi.spyOn(process.stdout, 'write').mockImplementation(into('stdout')),
    vi.spyOn(process.stderr, 'write').mockImplementation(into('stderr')),
  ];
  process.exitCode = 0;
  try {
    await runCommandLine({ ...app, ...changes }, words.split(' '));
    return { code: process.exitCode, ...lines };
  } finally {
    spies.forEach((spy) => spy.mockRestore());
    process.exitCode = 0;
  }
}

beforeEach(() => {
  asked = [];
  vi.stubEnv('INIT_CWD', folder);
});
afterEach(() => vi.unstubAllEnvs());

test('reads the config that fits, and asks for all tables and figures', async () => {
  const { code, stdout, stderr } = await demo('reproduce');
  expect(code).toBe(0);
  expect(asked).toMatchObject([
    { config: { name: 'small' }, seeds: [0], tables: [1, 2, 4], figures: [3], fresh: false, eager: false, quiet: false },
  ]);
  expect(asked[0]).toHaveProperty('out', path.join(folder, 'runs/demo'));
  expect(asked[0]).not.toHaveProperty('dataRoot');
  expect(stdout).toContain('Table 1');
  expect(stderr).toContain('Demo, small: TensorFlow');
  expect(stderr).toContain('Report: runs/report.html\n');
});

test.each([
  ['reproduce --quick', { config: { name: 'small-quick' } }],
  ['reproduce --data d', { config: { name: 'files' }, dataRoot: path.join(folder, 'd') }],
  ['reproduce --data d --quick', { config: { name: 'files-quick' } }],
  ['reproduce --config mine.yaml', { config: { name: 'mine' } }],
  ['reproduce --table 4,1,4', { tables: [4, 1], figures: [] }],
  ['reproduce --figure 3', { tables: [], figures: [3] }],
  ['reproduce --table 1 --figure 3', { tables: [1], figures: [3] }],
  ['reproduce --seeds 0,1,2 --fresh --eager --out o', { seeds: [0, 1, 2], fresh: true, eager: true, out: path.join(folder, 'o') }],
])('%s', async (words, wanted) => {
  expect((await demo(words)).code).toBe(0);
  expect(asked).toMatchObject([wanted]);
});

test('an app with contents lists them, and a command with a preset rebuilds that', async () => {
  const contents = { tables: { 1: 'Scores', 2: 'Times', 4: 'Ranks' }, figures: { 3: 'Maps' } };
  const changes = { contents, commands: { ...app.commands, start: 'the first table' }, presets: { start: { tables: [1], figures: [] } } };
  const { code, stdout, stderr } = await demo('reproduce --quick', changes);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n').slice(0, 4)).toEqual(['--table 1   Scores', '--table 2   Times', '--table 4   Ranks', '--figure 3  Maps']);
  await demo('start', changes);
  await demo('start --figure 3', changes);
  await demo('reproduce --table all', changes);
  expect(asked).toMatchObject([{ tables: [1], figures: [] }, { tables: [], figures: [3] }, { tables: [1, 2, 4], figures: [] }]); // prettier-ignore
});

test('an app with baselines runs those that are named beside', async () => {
  const changes = { baselines: ['CMX', 'HS2P', 'GLF-CR'] };
  await demo('reproduce --baselines glf-cr,CMX,cmx', changes);
  await demo('reproduce --baselines all', changes);
  await demo('reproduce', changes);
  expect(asked.map(({ baselines }) => baselines)).toEqual([['GLF-CR', 'CMX'], ['CMX', 'HS2P', 'GLF-CR'], undefined]);
  const { code, stderr } = await demo('reproduce --baselines UNet', changes);
  expect(code).toBe(2);
  expect(stderr).toContain('there is no "UNet"; there are CMX, HS2P, GLF-CR');
  const listed = await demo('reproduce', { ...changes, contents: { tables: { 1: 'Scores' }, figures: {} } });
  expect(listed.stdout).toContain('--baselines all, or some of CMX, HS2P, GLF-CR');
  expect((await demo('reproduce --baselines CMX')).stderr).toContain("unknown option '--baselines'");
});

test('the config may depend on what the folder holds', async () => {
  const standardConfig: App<Config>['standardConfig'] = ({ data }) => (data === path.join(folder, 'd') ? 'mine.yaml' : 'small.yaml');
  await demo('reproduce --data d', { standardConfig });
  await demo('reproduce', { standardConfig });
  expect(asked.map(({ config: { name } }) => name)).toEqual(['mine', 'small']);
});

test('--json --quiet prints the tables and nothing else', async () => {
  const { stdout, stderr } = await demo('reproduce --json --quiet');
  expect(stdout.trim().split('\n').map((line) => (JSON.parse(line) as { title: string }).title)).toEqual(['Table 1']); // prettier-ignore
  expect(stderr).toBe('');
});

test('--help begins with the examples; an app without figures has no --figure', async () => {
  const { code, stdout } = await demo('reproduce --help');
  expect(code).toBe(0);
  expect(stdout.split('\n').slice(0, 2)).toEqual(app.examples);
  expect(stdout).toContain('--figure <numbers>');
  expect((await demo('reproduce --help', { figures: undefined })).stdout).not.toContain('--figure');
});

test.each([
  ['reproduce --tabel 1', 2, /unknown option '--tabel'/],
  ['reproduce --table 3', 2, /there is no table 3; there are 1, 2, 4/],
  ['reproduce --figure 1', 2, /there is no figure 1; there are 3/],
  ['reproduce --seeds one', 2, /expected whole numbers separated by commas, found "one"/],
  ['reproduce --seeds ', 2, /expected whole numbers separated by commas, found ""/],
  ['rebuild', 2, /unknown command 'rebuild'/],
  ['reproduce --config wrong.yaml', 2, /^demo: .*wrong\.yaml: .*colour/],
])('%s: exit code %i, a short message, nothing on stdout', async (words, code, problem) => {
  const said = await demo(words);
  expect(said).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(problem) });
  expect(said.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
});

test.each([
  [new UsageError('not together'), 2],
  [new Interrupted('at step 2'), 130],
  [new Error('some\n  thing'), 1],
])('%s is told in one line and gives exit code %i; --verbose adds the stack', async (error, code) => {
  const reproduce = (): Promise<never> => Promise.reject(error);
  const lines = async (words: string): Promise<string[]> => (await demo(words, { reproduce })).stderr.trim().split('\n');
  expect(await demo('reproduce', { reproduce })).toMatchObject({ code, stdout: '' });
  expect((await lines('reproduce')).at(-1)).toBe(`demo: ${error.message.replace(/\n\s*/, ' ')}`);
  expect((await lines('reproduce --verbose')).some((line) => /^\s+at /.test(line))).toBe(true);
});
