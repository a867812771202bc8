import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { z } from 'zod';

/** A config that cannot be used: names the file, each key, what was found and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads a YAML config and checks it against `schema`. @throws ConfigError */
export async function readConfig<S extends z.ZodType>(file: string, schema: S): Promise<z.output<S>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`${file}: cannot be read`, { cause });
  });
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (cause) {
    throw new ConfigError(`${file}: not YAML: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
  return checkConfig(raw, file, schema);
}

/**
 * The config that `raw` is. Use `z.strictObject`, so that unknown keys are errors, and `.check` or `.superRefine` for what several keys must
 * fulfil together.
 *
 * @param source begins the message: the file
 * @throws ConfigError listing every key at fault
 */
export function checkConfig<S extends z.ZodType>(raw: unknown, source: string, schema: S): z.output<S> {
  const { success, data, error } = schema.safeParse(raw, { reportInput: true });
  if (success) return data;
  const issues = error.issues.map(({ path, message, input }) => {
    const found = path.length > 0 && input !== undefined && typeof input !== 'object' ? `, found ${JSON.stringify(input)}` : '';
    return `${path.join('.') || 'top level'}: ${message}${found}`;
  });
  throw new ConfigError(`${source}: ${issues.join('; ')}`);
}
