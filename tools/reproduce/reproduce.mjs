// `npm run reproduce -- <paper> ...`: hands over to the example app of that paper.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const papers = readdirSync(examples).filter((name) => existsSync(path.join(examples, name, 'dist', 'cli.js')));
const [paper, ...rest] = process.argv.slice(2);
if (!papers.includes(paper)) {
  const usage = `npm run reproduce -- edc --table 1\nnpm run reproduce -- edc --help\n\nusage: npm run reproduce -- <paper> [options]; papers: ${papers.join(', ')}`;
  const help = paper === '--help' || paper === '-h';
  (help ? console.log : console.error)(paper === undefined || help ? usage : `reproduce: no paper ${JSON.stringify(paper)}\n\n${usage}`);
  process.exit(help ? 0 : 2);
}
const child = spawn(process.execPath, [path.join(examples, paper, 'dist', 'cli.js'), 'reproduce', ...rest], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal)); // the app writes its checkpoint and ends first
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
