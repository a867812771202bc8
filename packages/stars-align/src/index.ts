export {
  StarsModel,
  type AlignedFeatures,
  type Modality,
  type ModalityFeatures,
  type Stage,
  type StarsConfig,
  type StarsOutputs,
} from './stars-model.js';
export { ResNetStem as ModalityStem, type ResNetStemConfig as ModalityStemConfig } from '@rs/nn';
export { ScseBlock, type ScseBlockConfig } from './scse-block.js';
export { FusionModule } from './fusion-module.js';
export { SharedFusionModule, type FusionModuleConfig } from './shared-fusion-module.js';
export { FpnDecoder, type FpnDecoderConfig } from './fpn-decoder.js';
export { TranslationModule, type TranslationModuleConfig, type TranslationOptions } from './translation-module.js';
export { loadBackbone } from './load-backbone.js';
export { downsampleLabels } from './downsample-labels.js';
export { gatherPixels } from './gather-pixels.js';
export type { LabelValues, PixelClasses, PixelSamples } from './pixel-classes.js';
export { sampleClassBalanced, type ClassBalance } from './sample-class-balanced.js';
export { samplePixelsAll } from './sample-pixels-all.js';
export { paddingClass, padSamples, sampleStages, type StageSamples, type StageSampling } from './sample-stages.js';
export { classSimilarityMatrix, diagonalContrast, type ClassSimilarity } from './class-similarity-matrix.js';
export { collapseIndex } from './collapse-index.js';
export { gradCam, type GradCamOptions } from './grad-cam.js';
export { classActivationMaps, type ClassActivationInputs, type ClassActivationMaps } from './class-activation-maps.js';
export {
  parameterDistances,
  parameterDistributions,
  type EncoderName,
  type ParameterDistance,
  type ParameterDistribution,
  type PooledParameter,
} from './parameter-distributions.js';
export { wasserstein1 } from './wasserstein1.js';
