import { createHash } from 'node:crypto';

/** Eight hex digits that change with any value in it, such as a config. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}
