import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tool } from './build-tools.js';
import { settle } from './cache-folder.js';
import { InstallError } from './install-error.js';
import type { Progress } from './progress.js';
import { pipTags, type Release } from './release.js';
import { lastWords, runCommand } from './run-command.js';

/**
 * Downloads wheels with pip, which knows the user's index, proxy and certificates, and checks them against the index.
 *
 * @param partial folder for work in progress
 * @param requirements as pip takes them; one wheel each
 * @param wheels folder that holds the wheels in the end
 * @returns the wheels' paths
 * @throws InstallError with pip's own last words
 */
export async function downloadWheels(
  pip: Tool,
  release: Release,
  requirements: readonly string[],
  { partial, wheels }: { partial: string; wheels: string },
  progress: Progress,
): Promise<string[]> {
  const target = join(partial, 'wheels');
  const temporary = join(partial, 'pip');
  await mkdir(target, { recursive: true });
  await mkdir(temporary);
  const watch = setInterval(() => {
    void folderBytes(partial).then((bytes) => progress.update(bytes / release.downloadBytes));
  }, 500);
  const common = [
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--no-cache-dir',
    '--no-input',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
  ];
  const args = [...pip.args, ...common, ...pipTags(release), '--dest', target, ...requirements];
  const result = await runCommand(pip.command, args, { ...process.env, TMPDIR: temporary }).finally(() => clearInterval(watch));
  const names = (await readdir(target)).filter((name) => name.endsWith('.whl'));
  if (result.status !== 0 || names.length !== requirements.length) {
    throw new InstallError(
      `pip could not download ${requirements.join(', ')}: ${lastWords(result)}. Check the network, the proxy (HTTPS_PROXY) and pip's index (pip config list), then run the command again`,
    );
  }
  for (const name of names) await settle(join(target, name), join(wheels, name));
  return names.map((name) => join(wheels, name));
}

/** Bytes of all files below a folder; files that come and go meanwhile don't count. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map((entry) =>
      stat(join(folder, entry)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
