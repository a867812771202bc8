// What `npm test` does on a ready clone: every check of the repository, one after the other, all of them even when one fails.
import { spawn } from 'node:child_process';
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
/** How much of a failed step is told again at the end, where one looks first. */
const toldAgain = 6000;

/** Runs a command, shows what it prints and returns that with the exit status. */
function run([command, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
    });
    let output = '';
    for (const [stream, shown] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        shown.write(text);
      });
    child.on('error', reject).on('close', (status) => resolve({ status, output }));
  });
}

const failures = [];
for (const [name, command] of steps) {
  const start = Date.now();
  console.log(`\n== ${name}`);
  const { status, output } = await run(command);
  console.log(`== ${name}: ${status === 0 ? 'passed' : 'FAILED'} after ${((Date.now() - start) / 1000).toFixed(0)} s`);
  if (status !== 0) failures.push({ name, output });
}
for (const { name, output } of failures) {
  const failing = output.split('\n').filter((line) => /✗|✖|×|FAIL|[Ee]rror|not ok|expected|received|❯/.test(line));
  console.log(`\n== FAILED: ${name}\n${failing.join('\n').slice(0, toldAgain)}\n... its end:\n${output.slice(-toldAgain)}`);
}
console.log('\nsteps of npm test:');
console.log(`${steps.length - failures.length} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
