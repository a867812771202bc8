export { alignTokens, type AlignTokensOptions } from './align-tokens.js';
export { CnnEncoder, type CnnEncoderConfig } from './cnn-encoder.js';
export { ConcatFusionBlock } from './concat-fusion-block.js';
export { cosineCost, type CosineCostOptions } from './cosine-cost.js';
export type { EntropicPlan } from './entropic-plan.js';
export { FrequencyAwareDecoder, type FrequencyAwareDecoderConfig, type FrequencyAwareDecoderOptions } from './frequency-aware-decoder.js';
export { FrequencyAwareFusion, type FrequencyAwareFusionConfig, type FrequencyAwareMaps } from './frequency-aware-fusion.js';
export type { FusedFeatures, FusionBlock, FusionChannels } from './fusion-block.js';
export { hardTransport, type HardTransport, type HardTransportOptions } from './hard-transport.js';
export { deinterleaveTokens, interleaveTokens } from './interleave-tokens.js';
export { localAlign, type AlignedTokens, type LocalAlignOptions } from './local-align.js';
export {
  OtMmdSegmenter,
  segmenterVariants,
  type OtMmdSegmenterConfig,
  type SegmenterOutputs,
  type SegmenterVariant,
} from './ot-mmd-segmenter.js';
export { selectiveScan, type SelectiveScanOptions, type SelectiveScanOutputs } from './selective-scan.js';
export { BidirectionalSsmLayer, type BidirectionalSsmLayerConfig } from './bidirectional-ssm-layer.js';
export { SelectiveScan2d, type SelectiveScan2dConfig, type StateSpaceInit } from './selective-scan2d.js';
export { VssEncoder, vssInit, type VssEncoderConfig } from './vss-encoder.js';
export { loadVssEncoder } from './vss-checkpoint.js';
export { sinkhorn, type SinkhornOptions } from './sinkhorn.js';
export { SynergisticFusionBlock, type SynergisticFusionBlockConfig, type SynergisticFusionOptions } from './synergistic-fusion-block.js';
export { unbalancedSinkhorn, type UnbalancedSinkhornOptions } from './unbalanced-sinkhorn.js';
export { gaussianMmd2, type GaussianMmd2Options } from '@rs/losses';
