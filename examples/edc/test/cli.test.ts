import { mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { linesOf } from '../../../packages/experiments/test/app-testing.js';
import { describeCommand } from '../../../packages/experiments/test/app-tests.js';

describeCommand(
  {
    name: 'edc',
    cli: new URL('../dist/cli.js', import.meta.url),
    firstExample: 'npm start',
    table: 1,
    wrong: [
      ['--table 7', /there is no table 7; there are 1, 2, 3, 4, 5, 6/],
      ['--figure 8', /there is no figure 8; there are 1, 2, 3, 4, 5, 6, 7/],
      ['--table 1 --baselines UNet', /there is no "UNet"; there are DCSA-Net, .*, CloudSeg, HS2P/],
    ],
    emptyFolder: /no sample of m3m-cr/,
  },
  (edc, root) => {
    test('without a choice, reproduce lists tables, figures and the methods to compare with', () => {
      const { code, stdout, stderr } = edc('reproduce');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(linesOf(stdout).filter((line) => line.startsWith('--'))).toHaveLength(13);
      expect(stdout).toContain('--table 3   Ablations');
      expect(linesOf(stdout).at(-1)).toMatch(/--baselines all, or some of DCSA-Net, .*, GLF-CR$/);
    });

    test('a folder of WHU-OPT-SAR is known by its labels', () => {
      const folder = mkdtempSync(path.join(root, 'whu-'));
      mkdirSync(path.join(folder, 'lbl'));
      const { code, stderr } = edc('reproduce', '--table', '1', '--quick', '--data', folder);
      expect(code).toBe(3);
      expect(linesOf(stderr).at(-1)).toMatch(/no sample of whu-opt-sar/);
    });
  },
);
