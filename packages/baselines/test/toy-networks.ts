import type * as tf from '@tensorflow/tfjs-core';
import type { Init, Mode } from '@rs/nn';
import { AlignCR, AMMFuseNet, CloudSeg, CMX, DCSANet, FTransUNet, GLFCR, HS2P, MCANet, USSRNCR, type OpticalSar } from '../src/index.js';

export interface Network {
  call(
    images: OpticalSar,
    mode: Mode,
  ): { readonly logits?: tf.Tensor4D; readonly reconstruction?: tf.Tensor4D; readonly intermediate?: tf.Tensor4D[] };
}

export interface ToyNetwork {
  readonly name: string;
  readonly build: (init: Init) => Network;
  readonly side?: number; // of the test images; default 32
  readonly gives: readonly string[]; // its outputs
  readonly unused?: RegExp; // parameters that exist but that no output reads
}

const toy = { numClasses: 3 };
const encoder = { dims: [4, 8, 10, 16], numHeads: [1, 2, 5, 8], depths: [1, 1, 1, 1] } as const;
const segmentation = ['logits', 'headLogits', 'decoderFeatures', 'stage4Cm'];

export const toyNetworks: readonly ToyNetwork[] = [
  { name: 'CMX', build: (init) => new CMX({ ...toy, encoder, embedDim: 6 }, init), gives: segmentation },
  {
    name: 'CloudSeg',
    build: (init) => new CloudSeg({ ...toy, encoder, decoderChannels: [8, 6, 5, 4, 3], crHidden: 4 }, init),
    gives: [...segmentation, 'reconstruction'],
    unused:
      /^modality1_stream\.segmentation_head|^modality2_stream\.(decoder|segmentation_head)|^cross_modality_stream\.encoder\.(patch_embed1|block1|norm1)|^fuse_block_stage1\.cross_modality_msc|^fuse_block_stage4\.modality2_distribute/,
  },
  {
    name: 'MCANet',
    build: (init) =>
      new MCANet({ ...toy, encoder: { block: 'basic', layers: [1, 1, 1, 1], width: 4 }, lowChannels: 3, decoderChannels: 5 }, init),
    gives: segmentation,
  },
  {
    name: 'AMMFuseNet',
    build: (init) => new AMMFuseNet({ ...toy, encoder: { layers: [1, 1, 2, 1], width: 4 }, projected: 3, decoderChannels: 5 }, init),
    gives: segmentation,
    unused: /\.dense_aspp\.conv1\./,
  },
  {
    name: 'FTransUNet',
    build: (init) =>
      new FTransUNet(
        {
          ...toy,
          ...{ width: 4, depths: [1, 1, 1], groups: 2, embedDim: 8, numHeads: 2, mlpDim: 6, transformerDepths: [1, 1, 0] },
          ...{ headChannels: 6, decoderChannels: [5, 4, 3, 3], resolution: [48, 48] },
        },
        init,
      ),
    gives: segmentation,
  },
  {
    name: 'DCSANet',
    build: (init) => new DCSANet({ ...toy, width: 4, layers: [1, 1, 1, 1], groups: 2, decoderLayers: [1, 2, 1, 1, 1] }, init),
    gives: segmentation,
    unused: /^\w+\.layers\.3\.|^deconv\.0\.|^agant\.3\.|^out_conv\./,
  },
  {
    name: 'HS2P',
    build: (init) => new HS2P({ features: 6, groups: 2, blocks: 2 }, init),
    side: 16,
    gives: ['reconstruction', 'intermediate'],
  },
  {
    name: 'USSRNCR',
    build: (init) => new USSRNCR({ stemChannels: 6, features: 8, blocks: 2, numHeads: 2 }, init),
    side: 16,
    gives: ['reconstruction'],
  },
  {
    name: 'GLFCR',
    build: (init) => new GLFCR({ channels: 4, growth: 4, blocks: 2, layers: 2, numHeads: 2, windowSize: 4, upChannels: 3 }, init),
    side: 16,
    gives: ['reconstruction'],
    unused: /^fusion\.1\.opt_distribute/,
  },
  {
    name: 'AlignCR',
    build: (init) =>
      new AlignCR(
        { channels: 4, growth: 4, blocks: 2, layers: 2, shallowBlocks: 1, numHeads: 2, windowSize: 4, alignGroups: 2, upChannels: 3 },
        init,
      ),
    side: 16,
    gives: ['reconstruction'],
    unused: /^fusion\.1\.opt_distribute/,
  },
];
