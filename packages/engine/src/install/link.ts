import { mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where a link leads; undefined where there is none, or something else. */
export const linkTarget = (place: string): Promise<string | undefined> => readlink(place).catch(() => undefined);

/** Makes `place` a link to `target` in one step, whatever stood there. */
export async function placeLink(target: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  const temporary = `${place}.${process.pid}`;
  await rm(temporary, { force: true });
  await symlink(target, temporary);
  await rename(temporary, place);
}
