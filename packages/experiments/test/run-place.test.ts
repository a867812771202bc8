import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  checkChosen,
  checkConfig,
  configName,
  dataFolder,
  distinctRows,
  fingerprint,
  microBatchDivides,
  refuseData,
  reportFooter,
  runPlaces,
} from '../src/index.js';
import { silentOptions, told } from './app-testing.js';

const options = silentOptions({ config: { name: 'small' }, tables: [1], out: '/runs', seeds: [3, 5] });

test('there is a place for each seed, opened one after the other', async () => {
  let open = 0;
  const places = await runPlaces(options, '/runs/small', async (seed) => {
    expect(open++).toBe(0);
    await Promise.resolve();
    open--;
    return { splits: `of seed ${seed}` };
  });
  const { config, engine, reporter } = options;
  const shared = { config, folder: '/runs/small', engine, reporter, eager: true, quiet: true };
  expect(places).toEqual([3, 5].map((seed) => ({ ...shared, seed, splits: `of seed ${seed}` })));
});

test('a report ends with what made it', () => {
  expect(reportFooter(options)).toBe(`test; config small, fingerprint ${fingerprint({ name: 'small' })}; seeds 3, 5`);
});

test('a row that several tables need is there once, where it is needed first', () => {
  const rows = ['A', 'B', 'A', 'C', 'B'].map((label) => ({ label }));
  expect(distinctRows(rows).map(({ label }) => label)).toEqual(['A', 'B', 'C']);
});

const asked = async (work: () => unknown) => told(new Promise((resolve) => resolve(work())));

test('a table that there is not is wrong usage', async () => {
  expect(() => checkChosen('table', [1, 4], [1, 2, 4])).not.toThrow();
  const problem = { code: 2, message: 'there is no table 3; there are 1, 2, 4' };
  expect(await asked(() => checkChosen('table', [1, 3], [1, 2, 4]))).toEqual(problem);
});

test('files without --data, and --data beside the synthetic world, are wrong usage', async () => {
  const withData = { ...options, dataRoot: '/data' };
  expect(dataFolder(withData, 'M3M-CR')).toBe('/data');
  expect(() => refuseData(options)).not.toThrow();
  const needed = { code: 2, message: 'config small needs --data, a folder in the layout of M3M-CR' };
  expect(await asked(() => dataFolder(options, 'M3M-CR'))).toEqual(needed);
  const refused = { code: 2, message: '--data is given, but config small is for the synthetic world; leave one of both out' };
  expect(await asked(() => refuseData(withData))).toEqual(refused);
});

test('a micro-batch that does not divide the batch is refused, and a name that makes no folder', () => {
  const training = z.strictObject({ batchSize: z.int(), microBatch: z.int() }).superRefine(microBatchDivides);
  const schema = z.strictObject({ name: configName, training });
  const config = (name: string, microBatch: number): unknown =>
    checkConfig({ name, training: { batchSize: 8, microBatch } }, 'my.yaml', schema);
  expect(config('small-2', 4)).toMatchObject({ name: 'small-2' });
  expect(() => config('small', 3)).toThrow('my.yaml: training.microBatch: must divide training.batchSize (8), found 3');
  expect(() => config('../small', 4)).toThrow('my.yaml: name: lower-case letters, digits and hyphens, found "../small"');
});
