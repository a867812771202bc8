import { expect, test } from 'vitest';
import { linesOf } from '../../../packages/experiments/test/app-testing.js';
import { describeCommand } from '../../../packages/experiments/test/app-tests.js';

describeCommand(
  {
    name: 'stars',
    cli: new URL('../dist/cli.js', import.meta.url),
    firstExample: 'npm run reproduce -- stars --table 1',
    table: 1,
    wrong: [['--table 8', /there is no table 8; there are 1, 2, 3, 4, 5, 6, 7/]],
    emptyFolder: /no sample of earthmiss/,
  },
  (stars) => {
    test('without a choice it lists the tables and trains nothing', () => {
      const { code, stdout } = stars('reproduce');
      expect(code).toBe(0);
      expect(linesOf(stdout)[3]).toBe('--table 4   what each module adds');
    });
  },
);
