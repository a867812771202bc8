import {
  AlignCR,
  AMMFuseNet,
  CloudSeg,
  CMX,
  DCSANet,
  FTransUNet,
  GLFCR,
  HS2P,
  MCANet,
  mixTransformerInit,
  USSRNCR,
  type OpticalSarChannels,
} from '@rs/baselines';
import { torchInit, type Init, type Random } from '@rs/nn';
import type { CloudRemover, Segmenter } from './network.js';
import type { SegmentationRow } from './rows.js';

export interface BaselineSetting extends Required<OpticalSarChannels> {
  readonly size: 'published' | 'small';
  readonly numClasses: number;
}

interface Built<Network> {
  readonly label: string; // as the paper prints it
  readonly init: (random: Random) => Init; // first values; none of them starts from ImageNet here
  readonly build: (setting: BaselineSetting, init: Init) => Network;
}

/** A method of Table I that EDC is compared with, trained by cross-entropy where it does not say more. */
export type BaselineSegmenter = SegmentationRow & Built<Segmenter>;

/** A network of Table II that removes clouds alone, trained by the loss that EDC's reconstruction has, eq. (8). */
export type BaselineRemover = Built<CloudRemover>;

export type Baseline = BaselineSegmenter | BaselineRemover;

/** The published size is the default of each network of `@rs/baselines`. */
const small = <C>({ size }: BaselineSetting, config: C): C | Record<string, never> => (size === 'small' ? config : {});

const segments = { cloudRemoval: false, distillation: false, sees: 'cloudy', init: torchInit } as const;
const stages = { numHeads: [1, 2, 4, 8] } as const;

/** CloudSeg's loss is EDC's with another norm of the distillation (spec/edc.md, section 7), from a CloudSeg that sees no clouds. */
export const cloudSeg: BaselineSegmenter = {
  ...segments,
  label: 'CloudSeg',
  cloudRemoval: true,
  distillation: true,
  normalization: 'elements',
  init: mixTransformerInit,
  build: (setting, init) => {
    const encoder = { ...stages, dims: [16, 32, 80, 144], depths: [1, 1, 2, 1] } as const;
    return new CloudSeg({ ...setting, ...small(setting, { encoder, decoderChannels: [64, 32, 16, 16, 16], crHidden: 16 }) }, init);
  },
};

/**
 * In the order of Table I. Small ones have about as many parameters as EDC of `config/synthetic.yaml` (3.23 M): CMX 3.22, CloudSeg 3.44, MCANet
 * 3.51, AMM-FuseNet 3.30, FTransUNet 3.09, DCSA-Net 2.83 M; they keep four stages, their heads and their order of parts, and lose width and depth.
 */
export const baselineSegmenters: readonly BaselineSegmenter[] = [
  {
    ...segments,
    label: 'DCSA-Net',
    build: (setting, init) => {
      const config = { width: 20, groups: 4, layers: [1, 1, 2, 1], decoderLayers: [1, 1, 1, 1, 1] } as const;
      return new DCSANet({ ...setting, ...small(setting, config) }, init);
    },
  },
  {
    ...segments,
    label: 'AMM-FuseNet',
    build: (setting, init) => {
      const encoder = { layers: [1, 1, 2, 1], width: 20 } as const;
      return new AMMFuseNet({ ...setting, ...small(setting, { encoder, projected: 16, decoderChannels: 80 }) }, init);
    },
  },
  {
    ...segments,
    label: 'MCANet',
    build: (setting, init) => {
      const encoder = { block: 'bottleneck', layers: [1, 1, 2, 1], width: 16 } as const;
      return new MCANet({ ...setting, ...small(setting, { encoder, lowChannels: 16, decoderChannels: 40 }) }, init);
    },
  },
  {
    ...segments,
    label: 'FTransUNet',
    build: (setting, init) => {
      const residual = { width: 16, depths: [1, 1, 2], groups: 8 } as const;
      const tokens = { embedDim: 168, numHeads: 4, mlpDim: 504, transformerDepths: [1, 2, 1], resolution: [64, 64] } as const;
      const decoder = { headChannels: 64, decoderChannels: [64, 32, 16, 16] } as const;
      return new FTransUNet({ ...setting, ...small(setting, { ...residual, ...tokens, ...decoder }) }, init);
    },
  },
  {
    ...segments,
    label: 'CMX',
    init: mixTransformerInit,
    build: (setting, init) => {
      const encoder = { ...stages, dims: [24, 48, 96, 160], depths: [1, 1, 1, 1] } as const;
      return new CMX({ ...setting, ...small(setting, { encoder, embedDim: 64 }) }, init);
    },
  },
  cloudSeg,
];

/**
 * In the order of Table II. They work at the size of the image or at half of it: with EDC's parameters a step would take a minute. Small ones have
 * what a second a step allows on two cores: HS2P 0.20, USSRN-CR 0.34, Align-CR 0.97, GLF-CR 0.44 M.
 */
export const baselineRemovers: readonly BaselineRemover[] = [
  {
    label: 'HS2P',
    init: torchInit,
    build: (setting, init) => new HS2P({ ...setting, ...small(setting, { features: 32, groups: 3, blocks: 3 }) }, init),
  },
  {
    label: 'USSRN-CR',
    init: torchInit,
    build: (setting, init) => new USSRNCR({ ...setting, ...small(setting, { stemChannels: 24, features: 40, blocks: 4 }) }, init),
  },
  {
    label: 'Align-CR',
    init: torchInit,
    build: (setting, init) => {
      const blocks = { channels: 24, growth: 12, blocks: 2, layers: 3, shallowBlocks: 1 };
      return new AlignCR({ ...setting, ...small(setting, { ...blocks, numHeads: 4, alignGroups: 4, upChannels: 16 }) }, init);
    },
  },
  {
    label: 'GLF-CR',
    init: torchInit,
    build: (setting, init) => {
      const blocks = { channels: 32, growth: 16, blocks: 2, layers: 3 };
      return new GLFCR({ ...setting, ...small(setting, { ...blocks, numHeads: 4, upChannels: 16 }) }, init);
    },
  },
];

export const baselines: readonly Baseline[] = [...baselineSegmenters, ...baselineRemovers];

export const isSegmenter = (baseline: Baseline): baseline is BaselineSegmenter => 'sees' in baseline;
