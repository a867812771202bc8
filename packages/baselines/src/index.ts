export { CloudSeg, type CloudSegCallOptions, type CloudSegConfig, type CloudSegOutputs } from './cloud-seg.js';
export { CMX, type CmxConfig } from './cmx.js';
export {
  MixTransformer,
  mixTransformerInit,
  mixTransformerVariants,
  type MixTransformerConfig,
  type MixTransformerSize,
} from './mix-transformer.js';
export type { OpticalSar, OpticalSarChannels } from './optical-sar.js';
export type { SegmentationOutputs, SegmenterConfig } from './segmentation.js';
