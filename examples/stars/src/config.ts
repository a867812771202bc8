import { checkConfig as check, configName, readConfig as read } from '@rs/experiments';
import { z } from 'zod';

const count = z.int().positive();
const weight = z.number().nonnegative();
const scenes = z.strictObject({ seed: z.int().nonnegative(), count });
const stage = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
const crop = count.multipleOf(32); // pixels a side of what a step sees
const onDisk = { crop, tile: count, partial: z.boolean().optional() }; // partial: cities or patches may be missing

const training = z
  .strictObject({
    batchSize: count, // one pool for the sampler
    startRate: weight,
    rate: z.number().positive(),
    weightDecay: weight,
    clipNorm: z.number().positive(),
    warmup: z.int().nonnegative(),
    steps: count,
    evaluateEvery: count,
    keep: z.enum(['last', 'best']),
  })
  .superRefine(({ warmup, steps }, context) => {
    if (warmup < steps) return;
    context.addIssue({ code: 'custom', path: ['warmup'], message: `must be below training.steps (${steps})`, input: warmup });
  });

/** Everything that fixes a run, as `config/*.yaml` writes it. Unknown keys are errors. */
export const configSchema = z.strictObject({
  name: configName,
  data: z.discriminatedUnion('dataset', [
    z.strictObject({ dataset: z.literal('synthetic'), crop, train: scenes, validation: scenes, test: scenes }),
    z.strictObject({ dataset: z.literal('earthmiss'), ...onDisk }),
    z.strictObject({ dataset: z.literal('whu-opt-sar'), ...onDisk }),
    z.strictObject({ dataset: z.literal('potsdam'), ...onDisk }),
  ]),
  model: z.strictObject({
    block: z.enum(['basic', 'bottleneck']),
    layers: z.tuple([count, count, count, count]),
    width: count,
    fpnChannels: count,
    decoderChannels: count,
    scseReduction: count,
    alignStages: z.array(stage).min(1),
    translationKernel: z.union([z.literal(1), z.literal(3)]), // of its first convolution: the equation says 1, the text reads like 3
    pretrained: z.string().optional(), // file or URL of a ResNet's ImageNet checkpoint
  }),
  training,
  loss: z.strictObject({
    alpha: weight, // of L_psc
    beta: weight, // of L_ncs
    temperature: z.number().positive(),
    perClass: count, // sampled pixels a class and batch
  }),
  scoring: z.strictObject({
    stride: count, // of windows of data.crop; that of the crop: tiles that do not overlap
    batchSize: count,
    ownStatistics: z.strictObject({ batchSize: count, tiles: count }), // training tiles that batch norms are estimated again on
  }),
});

export type Config = z.infer<typeof configSchema>;

/** Reads and checks a YAML config. @throws ConfigError */
export const readConfig = (file: string): Promise<Config> => read(file, configSchema);

export const checkConfig = (raw: unknown, source: string): Config => check(raw, source, configSchema);
