import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { checkConfig, fingerprint, readConfig } from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const schema = z.strictObject({ name: z.string(), training: z.strictObject({ rate: z.number().positive() }) });
const good = { name: 'tiny', training: { rate: 0.01 } };

test('reads a config', async () => {
  const file = path.join(folder, 'good.yaml');
  writeFileSync(file, 'name: tiny # a comment\ntraining: { rate: 1.0e-2 }\n');
  expect(await readConfig(file, schema)).toEqual(good);
});

test('names the file and an unknown key', () => {
  expect(() => checkConfig({ ...good, colour: 'red' }, 'my.yaml', schema)).toThrow(/^my\.yaml: top level: .*colour/);
});

test('says which value was found and what was expected, for every key at fault', () => {
  expect(() => checkConfig({ name: 7, training: { rate: -1 } }, 'my.yaml', schema)).toThrow(
    /^my\.yaml: name: .*string.*found 7; training\.rate: .*>0.*found -1$/,
  );
});

test('names a file that is not there, and one that is no YAML', async () => {
  await expect(readConfig('/nowhere/my.yaml', schema)).rejects.toThrow('/nowhere/my.yaml: cannot be read');
  const file = path.join(folder, 'broken.yaml');
  writeFileSync(file, 'name: [1, 2\n');
  await expect(readConfig(file, schema)).rejects.toThrow(`${file}: not YAML: `);
});

test('a fingerprint changes with any value', () => {
  expect(fingerprint(good)).toMatch(/^[0-9a-f]{8}$/);
  expect(fingerprint(structuredClone(good))).toBe(fingerprint(good));
  expect(fingerprint({ ...good, training: { rate: 0.02 } })).not.toBe(fingerprint(good));
});
