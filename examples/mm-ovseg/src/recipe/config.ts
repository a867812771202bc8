import { checkConfig, configName, readConfig } from '@rs/experiments';
import { mmOvSegVariants, type MmOvSegConfig } from '@rs/ovseg';
import { z } from 'zod';
import { backbone, configSchema } from '../config.js';

const count = z.int().positive();
const labelled = ['pie-rgb-sar', 'ddhr', 'ddhr-ch', 'oem-sar', 'mmovseg-pie', 'mmovseg-ddsk', 'mmovseg-ddch', 'mmovseg-oem'] as const;
const place = { folder: z.string(), split: z.string() }; // folder: in that of --data
const scored = z.strictObject({
  dataset: z.enum(labelled),
  ...place,
  track: z.enum(['clean', 'cloud', 'thick', 'thin']).optional(), // of the releases of MM-OVSeg
  clouds: z.enum(['thin', 'big']).optional(), // put over clear images: presets of @rs/datasets, which stand for thin and thick clouds
  limit: count.optional(), // the first so many tiles
});

const windows = z
  .strictObject({ kernel: count, overlap: z.number().min(0).max(0.99), outRes: z.tuple([count, count]) })
  .superRefine(({ kernel, overlap, outRes }, context) => {
    const stride = Math.floor(kernel * (1 - overlap));
    const wrong = outRes.some((size) => size < kernel || (size - kernel) % stride !== 0);
    if (wrong) context.addIssue({ code: 'custom', path: ['outRes'], message: `must be ${kernel} plus a multiple of the step ${stride}` });
  });

/** The paper's recipe on its data, with pretrained weights: everything that fixes a run. Unknown keys are errors. */
export const recipeSchema = z.strictObject({
  name: configName,
  model: z.union([z.enum(Object.keys(mmOvSegVariants) as (keyof typeof mmOvSegVariants)[]), backbone]),
  weights: z.strictObject({ clip: z.string(), dino: z.string() }), // files in the folder of --data, or absolute
  pairs: z.array(z.strictObject({ dataset: z.enum(['spacenet6', 'dfc2023']), ...place })).min(1), // CMU-Data
  train: scored,
  test: scored,
  spelling: z.enum(['released', 'clean']), // of the class names
  unification: z.strictObject({
    epochs: z.number().positive(),
    batchSize: count,
    rate: z.number().positive(),
    crop: count, // pixels a side
    temperature: z.number().positive(),
    negatives: z.enum(['otherImages', 'samePosition', 'all']),
  }),
  segmentation: configSchema.shape.segmentation,
  weightDecay: z.number().nonnegative(),
  edge: count, // pixels of the shorter side of an image as the model takes it; in training of the square
  windows: windows.optional(), // sliding windows at test; default: the whole image
});

export type RecipeConfig = z.infer<typeof recipeSchema>;

/** @throws ConfigError */
export const readRecipe = (file: string): Promise<RecipeConfig> => readConfig(file, recipeSchema);

export const checkRecipe = (raw: unknown, source: string): RecipeConfig => checkConfig(raw, source, recipeSchema);

/** The options of the network, all its parts in it. */
export const fullModel = ({ model, segmentation: { clipFinetune, dinoFinetune } }: RecipeConfig): MmOvSegConfig => ({
  ...(typeof model === 'string' ? mmOvSegVariants[model] : model),
  clipFinetune,
  dinoFinetune,
});
