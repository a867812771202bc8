export { adaptStem, type AdaptStemOptions } from './adapt-stem.js';
export { ConvBlock, type ConvBlockConfig } from './conv-block.js';
export { Downsample, type DownsampleConfig } from './downsample.js';
export { FasterViT, fasterVitInit, type FasterViTConfig, type FasterViTOutputs } from './faster-vit.js';
export { fasterVit, fasterVitVariants, type FasterVitOptions, type FasterViTVariant } from './faster-vit-variants.js';
export { HatBlock, type Grid, type HatBlockConfig, type HatBlockInputs, type HatBlockOutputs } from './hat-block.js';
export { HatLayer, type EncoderInit, type HatLayerConfig } from './hat-layer.js';
export { loadFasterViT } from './load-faster-vit.js';
export { Mlp, type MlpConfig } from '@rs/nn';
export { PatchEmbed, type PatchEmbedConfig } from './patch-embed.js';
export { PosEmbMLPSwinv1D, type PosEmbMLPSwinv1DConfig } from './pos-emb-mlp-swinv1d.js';
export { PosEmbMLPSwinv2D, type PosEmbMLPSwinv2DConfig, type WindowShape } from './pos-emb-mlp-swinv2d.js';
export { SumFusion } from './sum-fusion.js';
export { TokenInitializer, type TokenInitializerConfig } from './token-initializer.js';
export {
  TriStreamEncoder,
  type Fusion,
  type FusionInputs,
  type StageFusions,
  type StreamFeatures,
  type TriStreamEncoderConfig,
  type TriStreamInputs,
} from './tri-stream-encoder.js';
export { WindowAttention, type WindowAttentionConfig } from './window-attention.js';
