// Every package as a stranger gets it: packed, its content looked at, its types and exports checked, unpacked beside the others, imported and required.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import path from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = fileURLToPath(new URL('../..', import.meta.url));
const place = path.join(root, 'node_modules', '.cache', 'rs-packed');
rmSync(place, { recursive: true, force: true });
mkdirSync(path.join(place, 'node_modules', '@rs'), { recursive: true });

const allowed = /^(dist\/.*\.(js|d\.ts)|native\/.*\.cc|README\.md|CHANGELOG\.md|LICENSE|package\.json)$/;
const problems = [];
const names = readdirSync(path.join(root, 'packages'));
for (const name of names) {
  const folder = path.join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', place], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  for (const { path: file } of packed.files) if (!allowed.test(file)) problems.push(`${name}: ${file} would be published`);
  if (!packed.files.some(({ path: file }) => file === 'README.md')) problems.push(`${name}: no README.md`);
  const { messages } = await publint({ pkgDir: folder, strict: true });
  for (const message of messages) problems.push(`${name}: ${formatMessage(message, manifest)}`);

  const tarball = path.join(place, packed.filename);
  const unpacked = path.join(place, 'node_modules', '@rs', name);
  mkdirSync(unpacked);
  execFileSync('tar', ['xzf', tarball, '-C', unpacked, '--strip-components=1']);
  try {
    execFileSync('npx', ['attw', tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji'], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    problems.push(`${name}: types: ${error.stdout}`);
  }
}

// Resolved from the unpacked packages; their dependencies from the repository's own.
const entry = path.join(place, 'check.mjs');
writeFileSync(entry, 'export const load = (name) => import(name);\n');
const { load } = await import(pathToFileURL(entry).href);
const require = createRequire(entry);
for (const name of names) {
  try {
    const imported = Object.keys(await load(`@rs/${name}`));
    const required = Object.keys(require(`@rs/${name}`)).filter((key) => key !== '__esModule');
    if (imported.length === 0) problems.push(`${name}: exports nothing`);
    if (required.length !== imported.length) problems.push(`${name}: import gives ${imported.length} names, require ${required.length}`);
  } catch (error) {
    problems.push(`${name}: cannot be loaded as published: ${error.message}`);
  }
}
rmSync(place, { recursive: true, force: true });
for (const problem of problems) console.error(problem);
console.log(`${names.length} packages packed, checked, imported and required; ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
