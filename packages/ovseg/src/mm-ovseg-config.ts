import { assertOneOf } from './assert-one-of.js';
import type { ClipTextEncoderConfig } from './clip-text-encoder.js';
import type { ClipVisionEncoderConfig } from './clip-vision-encoder.js';
import type { DinoViTConfig } from './dino-vit.js';
import { clipFinetunes, dinoFinetunes, type ClipFinetune, type DinoFinetune } from './parameter-groups.js';
import { completeRipd, type RipdConfig } from './ripd.js';

type Side = readonly [number, number];

/** The defaults are those of ViT-B/16, as far as they do not follow from the encoders. */
export interface MmOvSegConfig {
  readonly vision: ClipVisionEncoderConfig & { readonly taps: Side }; // taps: blocks whose tokens guide the decoder
  readonly text: ClipTextEncoderConfig;
  readonly dino: DinoViTConfig; // of both modalities; taps: three blocks
  readonly ripd?: RipdConfig;
  readonly guidanceDims?: Side; // channels of the guidance maps, coarse to fine; default [256,128]
  readonly clipResolution?: number; // pixels of the square that CLIP sees; default 384
  readonly dinoResolution?: number; // and DINO; default 384
  readonly sizeDivisibility?: number; // images are padded to a multiple of it; default 32
  readonly clipFinetune?: ClipFinetune; // default attention
  readonly dinoFinetune?: DinoFinetune; // default freeze
  readonly decoder?: 'ripd' | 'paper'; // paper: fusion and decoder of the paper's text; needs DINO on CLIP's grid; default ripd
  readonly useSar?: boolean; // default true; false: no SAR encoder
  readonly sarClip?: boolean; // a CLIP image tower for SAR too (the paper's Table A5); default false
}

/** A config with all its defaults, and what follows from it. */
export interface CompleteConfig extends Required<Omit<MmOvSegConfig, 'ripd'>> {
  readonly ripd: Required<RipdConfig>;
  readonly textDim: number; // C of CLIP's joint space
  readonly clipGrid: number; // patches along a side
  readonly dinoGrid: number;
  readonly needsSar: boolean; // whether calls need a SAR image
}

/** @throws RangeError when an option has an unknown value, or two do not fit together */
export function completeConfig(config: MmOvSegConfig): CompleteConfig {
  const { vision, text, dino, guidanceDims = [256, 128], clipResolution = 384, dinoResolution = 384, sizeDivisibility = 32 } = config;
  const { clipFinetune = 'attention', dinoFinetune = 'freeze', decoder = 'ripd', useSar = true, sarClip = false } = config;
  assertOneOf('MmOvSeg: clipFinetune', clipFinetune, clipFinetunes);
  assertOneOf('MmOvSeg: dinoFinetune', dinoFinetune, dinoFinetunes);
  assertOneOf('MmOvSeg: decoder', decoder, ['ripd', 'paper']);
  const clipGrid = gridOf('clipResolution', clipResolution, vision.patchSize);
  const dinoGrid = gridOf('dinoResolution', dinoResolution, dino.patchSize ?? 8);
  if (!Number.isInteger(sizeDivisibility) || sizeDivisibility < 1) {
    throw new RangeError(`MmOvSeg: sizeDivisibility must be a positive integer, got ${sizeDivisibility}`);
  }
  const textDim = text.embedDim;
  const derived = {
    textGuidanceDim: textDim,
    appearanceGuidanceDim: textDim,
    featDim: textDim,
    featureResolution: [clipGrid, clipGrid],
    decoderGuidanceDims: guidanceDims,
    prompts: 1,
  } as const;
  const ripd = completeRipd({ ...derived, ...config.ripd });
  for (const [name, value] of Object.entries(derived)) {
    const given = ripd[name as keyof typeof derived];
    if (String(given) !== String(value)) {
      throw new RangeError(`MmOvSeg: ripd.${name} must be [${value}], as the encoders make it, got [${given}]`);
    }
  }
  const mistakes = [
    [vision.outputDim !== textDim, `vision.outputDim must be text.embedDim (${textDim}), got ${vision.outputDim}`],
    [vision.taps.length !== 2, `vision.taps must be two blocks, got [${vision.taps}]`],
    [dino.taps !== undefined && dino.taps.length !== 3, `dino.taps must be three blocks, got [${dino.taps}]`],
    [decoder === 'paper' && !(ripd.useClip && ripd.useDino), 'decoder paper needs ripd.useClip and ripd.useDino'],
    [decoder === 'paper' && dinoGrid !== clipGrid, `decoder paper needs DINO on CLIP's grid (${clipGrid} patches a side), got ${dinoGrid}`],
    [
      decoder === 'paper' && String(ripd.decoderClipGuidanceProjDims) !== String(ripd.decoderDinoGuidanceProjDims),
      'decoder paper needs ripd.decoderClipGuidanceProjDims and ripd.decoderDinoGuidanceProjDims to be the same',
    ],
    [sarClip && !(useSar && ripd.useClip), 'sarClip needs useSar and ripd.useClip'],
  ] as const;
  for (const [wrong, message] of mistakes) if (wrong) throw new RangeError(`MmOvSeg: ${message}`);
  const options = { guidanceDims, clipResolution, dinoResolution, sizeDivisibility, clipFinetune, dinoFinetune, decoder, useSar, sarClip };
  const needsSar = useSar && (ripd.useDino || sarClip);
  return { vision, text, dino, ...options, ripd, textDim, clipGrid, dinoGrid, needsSar };
}

function gridOf(option: string, resolution: number, patchSize: number): number {
  const grid = resolution / patchSize;
  if (Number.isInteger(grid) && grid > 0) return grid;
  throw new RangeError(`MmOvSeg: ${option} must be a multiple of the patch size ${patchSize}, got ${resolution}`);
}

const dinoB8 = {
  imgSize: 224,
  patchSize: 8,
  embedDim: 768,
  depth: 12,
  numHeads: 12,
  mlpRatio: 4,
  qkvBias: true,
  taps: [3, 7, 11],
} as const;

/** The models of the paper: CLIP ViT-B/16 or ViT-L/14@336px, DINO ViT-B/8. */
export const mmOvSegVariants = {
  'vit-b16': {
    vision: { inputResolution: 224, patchSize: 16, width: 768, layers: 12, heads: 12, outputDim: 512, taps: [3, 7] },
    text: { embedDim: 512, contextLength: 77, vocabSize: 49408, width: 512, heads: 8, layers: 12 },
    dino: dinoB8,
  },
  'vit-l14': {
    vision: { inputResolution: 336, patchSize: 14, width: 1024, layers: 24, heads: 16, outputDim: 768, taps: [7, 15] },
    text: { embedDim: 768, contextLength: 77, vocabSize: 49408, width: 768, heads: 12, layers: 12 },
    dino: dinoB8,
    clipResolution: 336,
  },
} as const satisfies Record<string, MmOvSegConfig>;
