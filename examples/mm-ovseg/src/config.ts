import { checkConfig as check, configName, readConfig as read } from '@rs/experiments';
import { z } from 'zod';

const count = z.int().positive();
const index = z.int().nonnegative();
const pair = z.tuple([count, count]);
const scenes = z.strictObject({ seed: index, count });
const stage = { steps: count, batchSize: count, rate: z.number().positive() };

/** The architecture of a model: encoders, head, and the sizes at which the encoders see an image. */
export const backbone = z.strictObject({
  vision: z.strictObject({
    inputResolution: count,
    patchSize: count,
    width: count,
    layers: count,
    heads: count,
    outputDim: count,
    taps: z.tuple([index, index]),
  }),
  text: z.strictObject({ embedDim: count, contextLength: count, vocabSize: count, width: count, heads: count, layers: count }),
  dino: z.strictObject({
    imgSize: count,
    patchSize: count,
    embedDim: count,
    depth: count,
    numHeads: count,
    taps: z.tuple([index, index, index]),
  }),
  ripd: z.strictObject({
    textGuidanceProjDim: count,
    appearanceGuidanceProjDim: count,
    hiddenDim: count,
    heads: count,
    numLayers: count,
    windowSize: count,
    poolingSize: pair,
    padLen: count,
    decoderDims: pair,
    decoderClipGuidanceProjDims: pair,
    decoderDinoGuidanceProjDims: pair,
  }),
  guidanceDims: pair,
  clipResolution: count,
  dinoResolution: count,
});

/** Everything that fixes a run, as `config/*.yaml` writes it. Unknown keys are errors. */
export const configSchema = z.strictObject({
  name: configName,
  data: z
    .strictObject({
      size: count.multipleOf(4), // pixels a side of a tile
      pretraining: scenes, // run s pre-trains on world seed + s
      train: scenes, // of stage 2, on world seed + s
      test: scenes,
      seen: z.array(z.string()).min(2), // classes with labels in stage 2; the others are unseen
    })
    .refine(({ pretraining, train, test }) => new Set([pretraining, train, test].map(({ seed }) => seed)).size === 3, {
      error: 'pretraining, train and test must be different worlds',
    }),
  template: z.string().includes('{}').optional(), // of the prompts; default: the released one
  backbones: z.strictObject({ base: backbone, large: backbone }), // large: Table A4
  pretraining: z.strictObject({
    warmup: index, // steps of linear warm-up of each stage, whose rate is constant from then on
    clip: z.strictObject({ ...stage, crop: count }),
    dino: z.strictObject({ ...stage, maskBlock: count }),
    cmu: z.strictObject({
      ...stage,
      temperature: z.number().positive(),
      negatives: z.enum(['otherImages', 'samePosition', 'all']),
    }),
    probe: z.strictObject(stage), // linear classifiers of frozen tokens, which measure the encoders
  }),
  segmentation: z.strictObject({
    ...stage,
    warmup: index, // steps of linear warm-up
    clipNorm: z.number().positive(), // bound of the gradient norm
    loss: z.enum(['ce', 'bce']),
    clipFinetune: z.enum(['attention', 'full', 'freezeIMG', 'freeze']),
    dinoFinetune: z.enum(['freeze', 'attention', 'full']),
    clipRate: z.number().positive(), // times the rate, of what is trained of CLIP
    dinoRate: z.number().positive(), // likewise of DINO
  }),
  weightDecay: z.number().nonnegative(),
});

export type Config = z.infer<typeof configSchema>;
export type Backbone = keyof Config['backbones'];

/** Reads and checks a YAML config. @throws ConfigError */
export const readConfig = (file: string): Promise<Config> => read(file, configSchema);

export const checkConfig = (raw: unknown, source: string): Config => check(raw, source, configSchema);
