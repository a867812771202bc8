import { existsSync } from 'node:fs';
import path from 'node:path';
import { torchInit, Random } from '@rs/nn';
import { UsageError } from '@rs/experiments';
import { loadMmOvSeg, MmOvSeg, mmOvSegVariants, type MmOvSegConfig } from '@rs/ovseg';
import { readCheckpoint } from '@rs/weights';
import { isRecipe, readAnyConfig, type AnyConfig } from './any-config.js';
import { fullModel } from './recipe/config.js';

/** A model with weights, and how it is asked. */
export interface CheckpointModel {
  readonly model: MmOvSeg;
  readonly contextLength: number;
  readonly edge: number; // pixels of the shorter side of an image as the model takes it
  readonly activation: 'sigmoid' | 'softmax'; // what it was trained by
  readonly template?: string;
}

type Weights = Awaited<ReturnType<typeof readCheckpoint>>;

/**
 * The model of a checkpoint: one of this app's runs, or a released one. Whether it has DINO encoders, one for SAR, a CLIP for SAR is read from the
 * names of its tensors.
 *
 * @param size vit-b16, vit-l14, or the YAML config of a run; default: the config.yaml above the checkpoint, else vit-b16
 * @throws UsageError for another size; Error when the tensors are not those of the model
 */
export async function modelOf(checkpoint: string, size = configAbove(checkpoint) ?? 'vit-b16'): Promise<CheckpointModel> {
  const weights = await readCheckpoint(checkpoint);
  const isVariant = Object.hasOwn(mmOvSegVariants, size);
  if (!isVariant && !/\.ya?ml$/.test(size)) {
    throw new UsageError(`--model must be ${Object.keys(mmOvSegVariants).join(', ')} or a YAML config, got ${JSON.stringify(size)}`);
  }
  const asked = isVariant ? releasedModel(size as keyof typeof mmOvSegVariants) : ownModel(await readAnyConfig(size), weights);
  const has = (prefix: string): boolean => [...weights.keys()].some((name) => name.includes(prefix));
  const { config, ...rest } = asked;
  const parts = { useSar: has('dino_sarmodel.'), sarClip: has('sar_clip_model.') };
  const init = torchInit(new Random(0));
  const model = new MmOvSeg({ ...config, ...parts, sizeDivisibility: 1, ripd: { ...config.ripd, useDino: has('dino_model.') } }, init);
  loadMmOvSeg(model, weights);
  return { model, ...rest };
}

type Asked = Omit<CheckpointModel, 'model'> & { readonly config: MmOvSegConfig };

const releasedModel = (size: keyof typeof mmOvSegVariants): Asked => {
  const config: MmOvSegConfig = mmOvSegVariants[size];
  return { config, contextLength: config.text.contextLength, edge: 384, activation: 'sigmoid' };
};

/** Of a run of this app: the backbone whose widths are those of the weights. */
function ownModel(own: AnyConfig, weights: Weights): Asked {
  const activation = own.segmentation.loss === 'ce' ? 'softmax' : 'sigmoid';
  if (isRecipe(own)) {
    const config = fullModel(own);
    return { config, contextLength: config.text.contextLength, edge: own.edge, activation };
  }
  const { backbones, data, template } = own;
  const width = weights.get('sem_seg_head.predictor.clip_model.visual.proj')?.shape[0];
  const config = Object.values(backbones).find(({ vision }) => vision.width === width) ?? backbones.base;
  return { config, contextLength: config.text.contextLength, edge: data.size, activation, template };
}

/** The config.yaml of the run that the checkpoint lies in. */
function configAbove(checkpoint: string): string | undefined {
  const folder = path.dirname(path.resolve(checkpoint));
  const above = [folder, path.dirname(folder), path.dirname(path.dirname(folder))].map((place) => path.join(place, 'config.yaml'));
  return above.find((file) => existsSync(file));
}
