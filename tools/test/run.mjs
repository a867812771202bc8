// What `npm test` does on a ready clone: every check of the repository, one after the other, all of them even when one fails.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nx = ['npx', 'nx', 'run-many', '--parallel=2', '--outputStyle=static', '-t'];
const steps = [
  ['format', ['npx', 'prettier', '--check', '--log-level=warn', '.']],
  ['lint', [...nx, 'lint']],
  ['type-check', [...nx, 'typecheck']],
  ['unit and property tests', [...nx, 'test']],
  ['conformance, native engine or the best there is', ['node', 'tools/conformance/dist/cli.js']],
  ['conformance, wasm', ['node', 'tools/conformance/dist/cli.js', '--engine', 'wasm']],
  ['packages as published', ['node', 'tools/test/packages.mjs']],
];

let failed = 0;
for (const [name, [command, ...args]] of steps) {
  const start = Date.now();
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
  });
  console.log(`== ${name}: ${status === 0 ? 'passed' : 'FAILED'} after ${((Date.now() - start) / 1000).toFixed(0)} s`);
  if (status !== 0) failed++;
}
console.log('\nsteps of npm test:');
console.log(`${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
