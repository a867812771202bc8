import { describeCommand } from '../../../packages/experiments/test/app-tests.js';

describeCommand({
  name: 'ot-mmd-fusion',
  cli: new URL('../dist/cli.js', import.meta.url),
  firstExample: 'npm run reproduce -- ot-mmd-fusion --table 1',
  table: 1,
  wrong: [['--table 7', /there is no table 7; there are 1, 2, 3, 4/]],
  emptyFolder: /no sample of vaihingen/,
});
