export { AggregatorLayer, type AggregatorLayerConfig, type AggregatorLayerInputs } from './aggregator-layer.js';
export { ClassAggregator, type ClassAggregatorConfig } from './class-aggregator.js';
export type { AttentionType } from './class-attention.js';
export { correlation } from './correlation.js';
export type { DinoMaps } from './dino-projections.js';
export {
  DualEncoderFusion,
  type DualEncoderFusionConfig,
  type DualEncoderFusionInputs,
  type DualEncoderFusionOutputs,
} from './dual-encoder-fusion.js';
export { FusionUp, type FusionUpConfig, type FusionUpInputs } from './fusion-up.js';
export { padOrCrop, type PadOrCropOptions } from './pad-or-crop.js';
export { PaperDecoder, type PaperDecoderConfig, type PaperDecoderInputs } from './paper-decoder.js';
export {
  PaperDualEncoderFusion,
  type PaperDualEncoderFusionConfig,
  type PaperDualEncoderFusionInputs,
  type PaperDualEncoderFusionOutputs,
} from './paper-dual-encoder-fusion.js';
export { postprocess, type PostprocessOptions } from './postprocess.js';
export { resizeLabel, resizeShortestEdge, type ShortestEdgeOptions } from './resize-shortest-edge.js';
export { Ripd, type FusionType, type GuidanceMaps, type RipdConfig, type RipdInputs, type RipdOutputs } from './ripd.js';
export { mergeWindows, slidingWindows, type SlidingWindowsOptions } from './sliding-windows.js';
export { SpatialAggregator, type SpatialAggregatorConfig } from './spatial-aggregator.js';
