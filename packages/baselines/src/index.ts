export { AlignCR, type AlignCrConfig } from './align-cr.js';
export { AMMFuseNet, type AmmFuseNetConfig } from './amm-fuse-net.js';
export { CloudSeg, type CloudSegCallOptions, type CloudSegConfig, type CloudSegOutputs } from './cloud-seg.js';
export type { CloudRemovalOutputs } from './cloud-removal.js';
export { CMX, type CmxConfig } from './cmx.js';
export { DCSANet, type DcsaNetConfig } from './dcsa-net.js';
export { FTransUNet, type FTransUNetConfig } from './ftransunet.js';
export { GLFCR, type GlfCrConfig } from './glf-cr.js';
export { HS2P, type Hs2pConfig, type Hs2pOutputs } from './hs2p.js';
export { MCANet, type McaNetConfig } from './mcanet.js';
export {
  MixTransformer,
  mixTransformerInit,
  mixTransformerVariants,
  type MixTransformerConfig,
  type MixTransformerSize,
} from './mix-transformer.js';
export type { OpticalSar, OpticalSarChannels } from './optical-sar.js';
export type { SegmentationOutputs, SegmenterConfig } from './segmentation.js';
export { USSRNCR, type UssrnCrConfig } from './ussrn-cr.js';
