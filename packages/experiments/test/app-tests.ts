/** Tests that every example app has to pass. */
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../src/index.js';
import { builtCommand, linesOf, type Said } from './app-testing.js';
import { temporaryFolder } from './temporary-folder.js';

/** Each file of the folder is a config that bears its name. */
export function testConfigFiles(folder: URL, readConfig: (file: string) => Promise<{ readonly name: string }>): void {
  test.each(readdirSync(folder))('%s is a config of that name', async (file) => {
    expect((await readConfig(path.join(fileURLToPath(folder), file))).name).toBe(path.basename(file, '.yaml'));
  });
}

/** The config with one wrong value at a time, `key` being its path ('training.rate'), is refused, and what is told begins with the file. */
export function testRefusals(
  config: object,
  checkConfig: (raw: unknown, source: string) => unknown,
  wrong: readonly (readonly [key: string, value: unknown, problem: RegExp])[],
): void {
  test.each(wrong)('a config with %s: %j is refused', (key, value, problem) => {
    const check = (): unknown => checkConfig(withValue(config, key.split('.'), value), 'my.yaml');
    expect(check).toThrow(ConfigError);
    expect(check).toThrow(/^my\.yaml: /);
    expect(check).toThrow(problem);
  });
}

const withValue = (config: object, [key, ...rest]: readonly string[], value: unknown): object => ({
  ...config,
  [key]: rest.length > 0 ? withValue((config as Record<string, object>)[key], rest, value) : value,
});

export interface CommandExpectations {
  readonly name: string;
  readonly cli: URL; // the built file: while it is not there the tests are left out
  readonly firstExample: string; // of --help
  readonly table: number; // one that there is
  readonly wrong: readonly (readonly [words: string, problem: RegExp])[]; // wrong usage of `reproduce`
  readonly emptyFolder?: RegExp; // what is told of a --data folder without samples; left out where the app takes none
}

/** What every app's built command does; `more` tests what this one does besides, in the folder `root`. */
export function describeCommand(
  { name, cli, firstExample, table, wrong, emptyFolder }: CommandExpectations,
  more: (command: (...words: string[]) => Said, root: string) => void = () => undefined,
): void {
  const root = temporaryFolder();
  const command = builtCommand(cli, root);
  const rebuild = (...words: string[]): Said => command('reproduce', '--table', String(table), ...words);
  const stack = /^\s+at .*:\d+/m;

  describe.runIf(existsSync(cli))(name, () => {
    test('--help begins with examples', () => {
      const { code, stdout } = command('reproduce', '--help');
      expect(code).toBe(0);
      expect(linesOf(stdout)[0]).toBe(firstExample);
      for (const option of ['--table', '--data', '--config', '--quick', '--seeds', '--out', '--fresh', '--json', '--quiet', '--verbose'])
        expect(stdout).toContain(option);
    });

    test.each(wrong)('reproduce %s is wrong usage: exit code 2, a short message, nothing on stdout', (words, problem) => {
      const { code, stdout, stderr } = command('reproduce', ...words.split(' '));
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(problem);
      expect(linesOf(stderr).length).toBeLessThanOrEqual(2);
    });

    test('an unknown key of a config is told with the file, exit code 2', () => {
      writeFileSync(path.join(root, 'mine.yaml'), 'name: mine\ncolour: red\n');
      const { code, stdout, stderr } = rebuild('--config', 'mine.yaml');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(linesOf(stderr)).toEqual([expect.stringMatching(new RegExp(`^${name}: .*mine\\.yaml: .*colour`))]);
    });

    test.runIf(emptyFolder)('a folder without samples is told in one line, exit code 3; --verbose says where in the code', () => {
      const words = ['--quick', '--data', mkdtempSync(path.join(root, 'empty-')), '--out', 'runs'];
      const { code, stdout, stderr } = rebuild(...words);
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(linesOf(stderr).at(-1)).toMatch(new RegExp(`^${name}: .*empty-\\w+: `));
      expect(linesOf(stderr).at(-1)).toMatch(emptyFolder as RegExp);
      expect(stderr).not.toMatch(stack);
      expect(rebuild(...words, '--verbose').stderr).toMatch(stack);
      expect(readdirSync(path.join(root, 'runs')).filter((file) => file.endsWith('.lock'))).toEqual([]);
    });

    test('an output folder that cannot be made is told in one line', () => {
      writeFileSync(path.join(root, 'file'), '');
      const { code, stderr } = rebuild('--quick', '--quiet', '--out', 'file/runs');
      expect(code).toBe(1);
      expect(linesOf(stderr)).toEqual([expect.stringMatching(new RegExp(`^${name}: .*file/runs`))]);
    });

    more(command, root);
  });
}
