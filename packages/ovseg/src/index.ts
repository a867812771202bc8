export { AggregatorLayer, type AggregatorLayerConfig, type AggregatorLayerInputs } from './aggregator-layer.js';
export { ClassAggregator, type ClassAggregatorConfig } from './class-aggregator.js';
export type { AttentionType } from './class-attention.js';
export { classNames, type ClassNames, type ClassNamesOptions, type OvsegDataset } from './class-names.js';
export { classTokens, type ClassTokensOptions } from './class-tokens.js';
export { Clip, type ClipConfig } from './clip.js';
export { loadClip } from './clip-checkpoint.js';
export { clipPixels } from './clip-pixels.js';
export { ClipTextEncoder, type ClipTextEncoderConfig } from './clip-text-encoder.js';
export { ClipVisionEncoder, type ClipVisionEncoderConfig, type DenseClipOutputs, type PooledClipOutputs } from './clip-vision-encoder.js';
export { splitClipWeights } from './clip-weights.js';
export { correlation } from './correlation.js';
export { loadDino } from './dino-checkpoint.js';
export type { DinoMaps } from './dino-projections.js';
export { DinoViT, type DinoViTConfig } from './dino-vit.js';
export {
  DualEncoderFusion,
  type DualEncoderFusionConfig,
  type DualEncoderFusionInputs,
  type DualEncoderFusionOutputs,
} from './dual-encoder-fusion.js';
export { FusionUp, type FusionUpConfig, type FusionUpInputs } from './fusion-up.js';
export { interpolatePosEmbed, type InterpolatePosEmbedOptions } from './interpolate-pos-embed.js';
export {
  MmOvSeg,
  type DinoEncoder,
  type MmOvSegEncoders,
  type MmOvSegInputs,
  type MmOvSegOptions,
  type MmOvSegOutputs,
} from './mm-ovseg.js';
export { loadMmOvSeg } from './mm-ovseg-checkpoint.js';
export { mmOvSegVariants, type MmOvSegConfig } from './mm-ovseg-config.js';
export { padOrCrop, type PadOrCropOptions } from './pad-or-crop.js';
export { PaperDecoder, type PaperDecoderConfig, type PaperDecoderInputs } from './paper-decoder.js';
export {
  PaperDualEncoderFusion,
  type PaperDualEncoderFusionConfig,
  type PaperDualEncoderFusionInputs,
  type PaperDualEncoderFusionOutputs,
} from './paper-dual-encoder-fusion.js';
export { parameterGroups, type ClipFinetune, type DinoFinetune, type Finetune, type ParameterGroup } from './parameter-groups.js';
export { postprocess, type PostprocessOptions } from './postprocess.js';
export { resizeLabel, resizeShortestEdge, type ShortestEdgeOptions } from './resize-shortest-edge.js';
export { Ripd, type FusionType, type GuidanceMaps, type RipdConfig, type RipdInputs, type RipdOutputs } from './ripd.js';
export { mergeWindows, slidingWindows, type SlidingWindowsOptions } from './sliding-windows.js';
export { SpatialAggregator, type SpatialAggregatorConfig } from './spatial-aggregator.js';
export { TextEmbeddings } from './text-embeddings.js';
export { tokenize, type TokenizeOptions } from './tokenize.js';
