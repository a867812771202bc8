import { loadStateDict } from '@rs/nn';
import { Clip } from './clip.js';
import { ClipTextEncoder } from './clip-text-encoder.js';
import { ClipVisionEncoder } from './clip-vision-encoder.js';
import { splitClipWeights } from './clip-weights.js';
import { assertTowerSize, depthUnder, withoutModulePrefix, type Checkpoint } from './tower-size.js';

/**
 * Sets CLIP, or one of its towers, to the weights of a checkpoint in OpenAI's names. The weights of queries, keys and values may be joined or split; a
 * tower takes its part of a whole CLIP, or a checkpoint of that tower alone.
 *
 * @param checkpoint names and tensors of the file, as `readCheckpoint` of @rs/weights returns them (half precision as float32)
 * @throws Error naming the sizes found and expected when the checkpoint is of another tower, such as ViT-L/14 for ViT-B/16; the model is unchanged then
 */
export function loadClip(clip: Clip | ClipTextEncoder | ClipVisionEncoder, checkpoint: Checkpoint): void {
  const dict = splitClipWeights(withoutModulePrefix(checkpoint));
  if (clip instanceof Clip) {
    assertClipSize('loadClip', clip, dict);
    loadStateDict(clip, dict);
  } else if (clip instanceof ClipTextEncoder) {
    assertTextSize('loadClip', clip, dict);
    loadStateDict(clip, new Map([...dict].filter(([name]) => !/^(visual\.|logit_scale$)/.test(name))));
  } else {
    const whole = [...dict.keys()].some((name) => name.startsWith('visual.'));
    const tower = whole ? new Map([...dict].flatMap(([name, tensor]) => (name.startsWith('visual.') ? [[name.slice(7), tensor]] : []))) : dict; // prettier-ignore
    assertVisionSize('loadClip', clip, tower);
    loadStateDict(clip, tower);
  }
}

/** Throws, in the name of `loader`, unless the two towers under `prefix` of a checkpoint have the sizes of those of `clip`. */
export function assertClipSize(loader: string, clip: Clip, checkpoint: Checkpoint, prefix = ''): void {
  assertVisionSize(loader, clip.visual, checkpoint, `${prefix}visual.`);
  assertTextSize(loader, clip, checkpoint, prefix);
}

/** The same of an image tower. */
export function assertVisionSize(loader: string, tower: ClipVisionEncoder, checkpoint: Checkpoint, prefix = ''): void {
  const shapeOf = (name: string): readonly number[] | undefined => checkpoint.get(prefix + name)?.shape;
  const [patch, , , width] = tower.conv1.weight.shape;
  assertTowerSize(
    `${loader}: the checkpoint's CLIP image tower`,
    checkpoint,
    {
      patch: shapeOf('conv1.weight')?.[3],
      width: shapeOf('conv1.weight')?.[0],
      layers: depthUnder(checkpoint, `${prefix}transformer.resblocks.`),
      positions: shapeOf('positional_embedding')?.[0],
      outputs: shapeOf('proj')?.[1],
    },
    {
      patch,
      width,
      layers: tower.transformer.resblocks.length,
      positions: tower.positionalEmbedding.shape[0],
      outputs: tower.proj.shape[1],
    },
  );
}

function assertTextSize(loader: string, tower: ClipTextEncoder, checkpoint: Checkpoint, prefix = ''): void {
  const shapeOf = (name: string): readonly number[] | undefined => checkpoint.get(prefix + name)?.shape;
  const [words, width] = tower.tokenEmbedding.weight.shape;
  assertTowerSize(
    `${loader}: the checkpoint's CLIP text tower`,
    checkpoint,
    {
      vocabulary: shapeOf('token_embedding.weight')?.[0],
      width: shapeOf('token_embedding.weight')?.[1],
      layers: depthUnder(checkpoint, `${prefix}transformer.resblocks.`),
      positions: shapeOf('positional_embedding')?.[0],
      outputs: shapeOf('text_projection')?.[1],
    },
    {
      vocabulary: words,
      width,
      layers: tower.transformer.resblocks.length,
      positions: tower.positionalEmbedding.shape[0],
      outputs: tower.textProjection.shape[1],
    },
  );
}
