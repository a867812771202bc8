import { parameters } from '@rs/nn';

/** What of CLIP's two transformers is trained: q and v weights; everything; q, v and positions of the text alone; nothing. */
export type ClipFinetune = 'attention' | 'full' | 'freezeIMG' | 'freeze';

/** What of the two DINO encoders is trained: nothing; qkv weights and positions; everything. */
export type DinoFinetune = 'freeze' | 'attention' | 'full';

export const clipFinetunes: readonly ClipFinetune[] = ['attention', 'full', 'freezeIMG', 'freeze'];
export const dinoFinetunes: readonly DinoFinetune[] = ['freeze', 'attention', 'full'];

export interface Finetune {
  readonly clipFinetune: ClipFinetune;
  readonly dinoFinetune: DinoFinetune;
}

/** How one parameter is trained. */
export interface ParameterGroup {
  /** Not at all; as part of CLIP (at a hundredth of the rate in the paper), of DINO, or of what is new in MM-OVSeg. */
  readonly part: 'frozen' | 'clip' | 'dino' | 'fusion';
  readonly weightDecay: boolean; // false for norms and embeddings
}

const clipPrefix = 'sem_seg_head.predictor.clip_model.';
const normOrEmbedding = /(^|\.)(norm\d?|guidance_norm|ln_\w+|double_conv\.[14]|token_embedding)\.(weight|bias)$/;
const queryOrValue = /transformer\..*\.attn\.[qv]_proj_weight$/;

/** The group of each parameter of a model by its path, MM-OVSeg, section 4.1, and the released rules where the paper is silent. */
export function parameterGroups(model: Finetune, finetune: Finetune = model): Map<string, ParameterGroup> {
  const names = [...parameters(model).keys()];
  return new Map(names.map((name) => [name, { part: partOf(name, finetune), weightDecay: !normOrEmbedding.test(name) }]));
}

function partOf(name: string, { clipFinetune, dinoFinetune }: Finetune): ParameterGroup['part'] {
  if (name.startsWith('sar_clip_model.')) return 'frozen';
  if (/^dino_(sar)?model\./.test(name)) return trainsDino(name, dinoFinetune) ? 'dino' : 'frozen';
  if (name.startsWith(clipPrefix)) return trainsClip(name.slice(clipPrefix.length), clipFinetune) ? 'clip' : 'frozen';
  return 'fusion';
}

function trainsClip(name: string, finetune: ClipFinetune): boolean {
  switch (finetune) {
    case 'attention':
      return queryOrValue.test(name);
    case 'full':
      return name.includes('transformer');
    case 'freezeIMG':
      return !name.startsWith('visual.') && (queryOrValue.test(name) || name === 'positional_embedding');
    case 'freeze':
      return false;
  }
}

function trainsDino(name: string, finetune: DinoFinetune): boolean {
  return finetune === 'full' || (finetune === 'attention' && /\.(qkv\.weight|pos_embed)$/.test(name));
}
