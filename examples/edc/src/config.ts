import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';

const count = z.int().positive();
const four = z.tuple([count, count, count, count]);
const scenes = z.strictObject({ seed: z.int().nonnegative(), count });
const length = z.union([z.strictObject({ steps: count }), z.strictObject({ epochs: z.number().positive() })]);

const encoder = z.strictObject({
  dim: count,
  inDim: count,
  depths: four,
  numHeads: four,
  windowSize: four,
  ctSize: count,
  mlpRatio: z.number().positive(),
  hat: z.tuple([z.boolean(), z.boolean(), z.boolean(), z.boolean()]),
  dropPathRate: z.number().min(0).lt(1),
  recompute: z.boolean().optional(), // less memory in training for more time
});

/** Everything that fixes a run, as `config/*.yaml` writes it. Unknown keys are errors. */
export const configSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and hyphens'),
  data: z.discriminatedUnion('dataset', [
    z.strictObject({ dataset: z.literal('synthetic'), crop: count, train: scenes, validation: scenes, test: scenes }),
    z.strictObject({ dataset: z.literal('m3m-cr'), crop: count.multipleOf(10), validationShare: z.number().min(0).lt(1) }),
  ]),
  model: z.strictObject({
    decoderChannels: four,
    crHidden: count,
    encoder: z.union([z.literal('fastervit-0'), encoder]),
    pretrained: z.string().optional(), // file or URL of an official FasterViT checkpoint, for all three streams
  }),
  training: z.strictObject({
    batchSize: count,
    microBatch: count, // divides batchSize: gradients are accumulated over batchSize / microBatch
    rate: z.number().positive(),
    weightDecay: z.number().nonnegative(),
    warmup: z.int().nonnegative(),
    schedule: z.enum(['constant', 'cosine']),
    teacher: length,
    student: length,
    evaluateEvery: count,
    keep: z.enum(['last', 'best']),
  }),
  loss: z.strictObject({
    beta: z.number().nonnegative(),
    gamma: z.number().nonnegative(),
    normalization: z.enum(['clearPixels', 'elements']),
  }),
});

export type Config = z.infer<typeof configSchema>;

/** A config that cannot be used: names the file, each key, what was found and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads and checks a YAML config. @throws ConfigError */
export async function readConfig(file: string): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`${file}: cannot be read`, { cause });
  });
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (cause) {
    throw new ConfigError(`${file}: not YAML: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
  return checkConfig(raw, file);
}

export function checkConfig(raw: unknown, source: string): Config {
  const { success, data, error } = configSchema.safeParse(raw, { reportInput: true });
  if (!success) {
    const issues = error.issues.map(({ path, message, input }) => {
      const found = path.length > 0 && input !== undefined && typeof input !== 'object' ? `, found ${JSON.stringify(input)}` : '';
      return `${path.join('.') || 'top level'}: ${message}${found}`;
    });
    throw new ConfigError(`${source}: ${issues.join('; ')}`);
  }
  const { batchSize, microBatch } = data.training;
  if (batchSize % microBatch !== 0) {
    throw new ConfigError(`${source}: training.microBatch must divide training.batchSize (${batchSize}), found ${microBatch}`);
  }
  return data;
}

/** Eight hex digits that change with any value of the config. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}
