import { loadStateDict } from '@rs/nn';
import { assertClipSize, assertVisionSize } from './clip-checkpoint.js';
import { splitClipWeights } from './clip-weights.js';
import { assertDinoSize } from './dino-checkpoint.js';
import { DinoViT } from './dino-vit.js';
import type { MmOvSeg } from './mm-ovseg.js';
import { withoutModulePrefix, type Checkpoint } from './tower-size.js';

/**
 * Sets a whole model to the weights of a checkpoint in the names of the released MM-OVSeg, which are also those of `stateDict`. The masks of shifted
 * windows that it lists are passed over: they are computed.
 *
 * @param checkpoint names and tensors of the file, as `readCheckpoint` of @rs/weights returns them
 * @throws Error naming the sizes found and expected when an encoder is another, or listing all tensors that are missing, unexpected or mis-shaped; the
 * model is unchanged then
 */
export function loadMmOvSeg(model: MmOvSeg, checkpoint: Checkpoint): void {
  const all = splitClipWeights(withoutModulePrefix(checkpoint));
  const dict = new Map([...all].filter(([name]) => !name.endsWith('.attn_mask')));
  assertClipSize('loadMmOvSeg', model.semSegHead.predictor.clipModel, dict, 'sem_seg_head.predictor.clip_model.');
  if (model.sarClipModel) assertVisionSize('loadMmOvSeg (SAR)', model.sarClipModel, dict, 'sar_clip_model.');
  const encoders = { dino_model: model.dinoModel, dino_sarmodel: model.dinoSarmodel };
  for (const [name, encoder] of Object.entries(encoders)) {
    if (encoder instanceof DinoViT) assertDinoSize(`loadMmOvSeg: the checkpoint's ${name}`, encoder, dict, `${name}.`);
  }
  loadStateDict(model, dict);
}
