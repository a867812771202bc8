import { checkConfig as check, configName, microBatchDivides, readConfig as read } from '@rs/experiments';
import { z } from 'zod';

const count = z.int().positive();
const scenes = z.strictObject({ seed: z.int().nonnegative(), count });
const stages = z.array(count).min(2).max(4);
const variant = z.enum(['A', 'A0', 'A1', 'A2', 'A3']);

const model = z
  .strictObject({
    cnn: z.strictObject({ channels: stages, depths: stages }),
    vss: z.strictObject({ dims: stages, depths: stages, stateSize: count, dropPathRate: z.number().min(0).lt(1) }),
    fusion: z.strictObject({ fusionDim: count, ssm: z.strictObject({ stateSize: count }) }),
    decoder: z.strictObject({ decoderChannels: count, compressedChannels: count, dropout: z.number().min(0).lt(1) }),
    pretrained: z.strictObject({ cnn: z.string().optional(), vss: z.string().optional() }).optional(), // files or URLs: ResNet-18, VMamba-T
  })
  .superRefine(({ cnn, vss }, context) => {
    for (const [name, list] of Object.entries({ 'cnn.depths': cnn.depths, 'vss.dims': vss.dims, 'vss.depths': vss.depths })) {
      if (list.length === cnn.channels.length) continue;
      const message = `must have as many stages as model.cnn.channels (${cnn.channels.length}), found ${list.length}`;
      context.addIssue({ code: 'custom', path: name.split('.'), message, input: list });
    }
  });

const training = z
  .strictObject({
    batchSize: count,
    microBatch: count, // divides batchSize: gradients are accumulated over batchSize / microBatch
    steps: count,
    rule: z.discriminatedUnion('name', [
      z.strictObject({ name: z.literal('adamw') }),
      z.strictObject({ name: z.literal('sgd'), momentum: z.number().min(0).lt(1) }),
    ]),
    rate: z.number().positive(),
    weightDecay: z.number().nonnegative(), // none on norms, A_log and D
    schedule: z.discriminatedUnion('name', [
      z.strictObject({ name: z.literal('cosine'), warmup: z.int().nonnegative() }), // to 0
      z.strictObject({ name: z.literal('steps'), milestones: z.array(count) }), // x 0.1 at each
    ]),
    flips: z.boolean(), // horizontal and vertical, each with probability 1/2
    evaluateEvery: count,
    keep: z.enum(['last', 'best']),
  })
  .superRefine(microBatchDivides);

/** Everything that fixes a run, as `config/*.yaml` writes it. Unknown keys are errors. */
export const configSchema = z.strictObject({
  name: configName,
  data: z.discriminatedUnion('dataset', [
    z.strictObject({ dataset: z.literal('synthetic'), window: count, stride: count, train: scenes, validation: scenes, test: scenes }),
    z.strictObject({ dataset: z.enum(['vaihingen', 'potsdam']), window: count, stride: count }),
  ]),
  model,
  training,
  loss: z.strictObject({ lambda: z.number().nonnegative() }),
  sensitivity: z.strictObject({
    variant,
    lambdas: z.array(z.number().nonnegative()).min(1),
    scales: z.array(z.number().positive()).min(1),
  }),
  efficiency: z.strictObject({ model: z.enum(['paper', 'config']), size: count, repeats: count, tokens: z.array(count).min(2) }),
});

export type Config = z.infer<typeof configSchema>;

/** Reads and checks a YAML config. @throws ConfigError */
export const readConfig = (file: string): Promise<Config> => read(file, configSchema);

export const checkConfig = (raw: unknown, source: string): Config => check(raw, source, configSchema);
