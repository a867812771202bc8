import { loadStateDict, type HostTensor } from '@rs/nn';
import { adaptStem, type AdaptStemOptions } from './adapt-stem.js';
import type { FasterViT } from './faster-vit.js';

const stem = 'patch_embed.conv_down.0.weight';

/** What a checkpoint lists besides the weights: caches whose shape depends on the resolution, and counters. */
const derived = /\.(relative_bias|relative_coords_table|relative_position_index|num_batches_tracked)$/;

/**
 * Sets a FasterViT to the weights of an official checkpoint, whatever resolution it was trained at. A head is loaded where the
 * model has one, and dropped where it has none; the stem is adapted to the model's channels.
 *
 * @param dict names and tensors of the file, as `fromPretrained` of @rs/weights returns them
 * @param options `replicate`: which RGB channel every further channel of the stem copies; default 0
 * @throws Error when the checkpoint is of another size or misses weights; the model is unchanged then
 */
export function loadFasterViT(
  model: FasterViT,
  dict: ReadonlyMap<string, HostTensor>,
  { replicate }: Pick<AdaptStemOptions, 'replicate'> = {},
): void {
  const weights = new Map<string, HostTensor>();
  for (const [key, tensor] of dict) {
    const name = key.replace(/^module\./, '').replace('.to_global_feature.pos.', '.pos_embed.');
    if (!derived.test(name) && (model.head || !name.startsWith('head.'))) weights.set(name, tensor);
  }
  const kernel = weights.get(stem);
  if (!kernel)
    throw new Error(`loadFasterViT: the checkpoint holds no ${stem}; its names begin ${[...dict.keys()].slice(0, 5).join(', ')}`);
  const [found, expected] = [sizeOfWeights(weights), sizeOfModel(model)];
  if (found !== expected) throw new Error(`loadFasterViT: the checkpoint is a FasterViT of ${found}; the model is one of ${expected}`);
  const inChannels = model.patchEmbed.convDown[0].weight.shape[2];
  if (kernel.shape[1] !== inChannels) weights.set(stem, adaptStem(kernel, { inChannels, replicate }));
  loadStateDict(model, weights);
}

function sizeOfWeights(weights: ReadonlyMap<string, HostTensor>): string {
  const [dim, inDim] = weights.get('patch_embed.conv_down.3.weight')?.shape ?? [];
  const depths = [0, 0, 0, 0];
  for (const name of weights.keys()) {
    const [, level, block] = /^levels\.([0-3])\.blocks\.(\d+)\./.exec(name) ?? [];
    if (level) depths[Number(level)] = Math.max(depths[Number(level)], Number(block) + 1);
  }
  return describe(dim, inDim, depths);
}

function sizeOfModel({ patchEmbed, levels }: FasterViT): string {
  const [, , inDim, dim] = patchEmbed.convDown[3].weight.shape;
  const depths = levels.map(({ blocks }) => blocks.length);
  return describe(dim, inDim, depths);
}

const describe = (dim: number, inDim: number, depths: readonly number[]): string => `dim ${dim}, inDim ${inDim}, depths ${depths}`;
