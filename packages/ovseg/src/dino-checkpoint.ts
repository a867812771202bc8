import { loadStateDict } from '@rs/nn';
import type { DinoViT } from './dino-vit.js';
import { assertTowerSize, depthUnder, withoutModulePrefix, type Checkpoint } from './tower-size.js';

const ofEncoder = /^(cls_token$|pos_embed$|(patch_embed|blocks|norm)\.)/;

/**
 * Sets an encoder to the weights of DINO v1, Caron et al. 2021: the backbone's own, or a training state's under `teacher.` or else `model.`, with or
 * without the prefixes `module.` and `backbone.`. What is no part of the encoder, such as the head, is passed over.
 *
 * @param checkpoint names and tensors of the file, as `readCheckpoint` of @rs/weights returns them
 * @throws Error naming the sizes found and expected when the checkpoint is of another encoder; the encoder is unchanged then
 */
export function loadDino(encoder: DinoViT, checkpoint: Checkpoint): void {
  const state = withoutModulePrefix(under(checkpoint, 'teacher.') ?? under(checkpoint, 'model.') ?? checkpoint);
  const bare = new Map([...state].map(([name, tensor]) => [name.replace(/^backbone\./, ''), tensor]));
  assertDinoSize("loadDino: the checkpoint's encoder", encoder, bare);
  loadStateDict(encoder, new Map([...bare].filter(([name]) => ofEncoder.test(name))));
}

/** Throws unless the encoder under `prefix` of a checkpoint has the size of `encoder`; `what` begins the message. */
export function assertDinoSize(what: string, encoder: DinoViT, checkpoint: Checkpoint, prefix = ''): void {
  const shapeOf = (name: string): readonly number[] | undefined => checkpoint.get(prefix + name)?.shape;
  const [patch, , , width] = encoder.patchEmbed.proj.weight.shape;
  assertTowerSize(
    what,
    checkpoint,
    {
      patch: shapeOf('patch_embed.proj.weight')?.[3],
      width: shapeOf('patch_embed.proj.weight')?.[0],
      layers: depthUnder(checkpoint, `${prefix}blocks.`),
      positions: shapeOf('pos_embed')?.[1],
    },
    { patch, width, layers: encoder.blocks.length, positions: encoder.posEmbed.shape[1] },
  );
}

/** What stands under a prefix, without it; undefined for nothing. */
function under(checkpoint: Checkpoint, prefix: string): Checkpoint | undefined {
  const found = [...checkpoint].filter(([name]) => name.startsWith(prefix));
  return found.length === 0 ? undefined : new Map(found.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
