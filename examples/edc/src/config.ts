import { checkConfig as check, configName, microBatchDivides, readConfig as read } from '@rs/experiments';
import { z } from 'zod';

const count = z.int().positive();
const four = z.tuple([count, count, count, count]);
const scenes = z.strictObject({ seed: z.int().nonnegative(), count });
const length = z.union([z.strictObject({ steps: count }), z.strictObject({ epochs: z.number().positive() })]);

/** Clouds that the data set has not, by the patch's name and this seed. */
const clouds = z
  .strictObject({
    seed: z.int().nonnegative(),
    cover: z.tuple([z.number().positive(), z.number().max(1)]), // share of cloudy pixels, drawn uniformly
    mode: z.enum(['additive', 'blend']),
    amplitude: z.number().positive(), // of the additive mode
  })
  .refine(({ cover: [low, high] }) => low <= high, { path: ['cover'], error: 'must rise' });

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

const training = z
  .strictObject({
    batchSize: count,
    microBatch: count, // divides batchSize: gradients are accumulated over batchSize / microBatch
    rate: z.number().positive(),
    weightDecay: z.number().nonnegative(),
    warmup: z.int().nonnegative(),
    schedule: z.enum(['constant', 'cosine']),
    teacher: length,
    teachers: z.enum(['one', 'each']), // one of EDC's own fusion for all rows and seeds, or each row and seed with one of its own fusion
    student: length,
    evaluateEvery: count,
    keep: z.enum(['last', 'best']),
  })
  .superRefine(microBatchDivides);

/** Everything that fixes a run, as `config/*.yaml` writes it. Unknown keys are errors. */
export const configSchema = z.strictObject({
  name: configName,
  data: z.discriminatedUnion('dataset', [
    z.strictObject({ dataset: z.literal('synthetic'), crop: count, train: scenes, validation: scenes, test: scenes }),
    z.strictObject({ dataset: z.literal('m3m-cr'), crop: count.multipleOf(10), validationShare: z.number().min(0).lt(1) }),
    z.strictObject({ dataset: z.literal('whu-opt-sar'), crop: count, patch: count, validationScenes: z.int().nonnegative(), clouds }),
  ]),
  model: z.strictObject({
    decoderChannels: four,
    crHidden: count,
    encoder: z.union([z.literal('fastervit-0'), encoder]),
    init: z.enum(['spec', 'torch']).default('spec'), // of decoders and heads, see model.ts
    pretrained: z.string().optional(), // file or URL of an official FasterViT checkpoint, for all three streams
  }),
  training,
  loss: z.strictObject({
    beta: z.number().nonnegative(),
    gamma: z.number().nonnegative(),
    normalization: z.enum(['clearPixels', 'elements']),
  }),
});

export type Config = z.infer<typeof configSchema>;

/** Reads and checks a YAML config. @throws ConfigError */
export const readConfig = (file: string): Promise<Config> => read(file, configSchema);

export const checkConfig = (raw: unknown, source: string): Config => check(raw, source, configSchema);
