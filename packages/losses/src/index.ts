export { charbonnier, type CharbonnierOptions } from './charbonnier.js';
export { cloudMaskedCharbonnier, type CloudMaskedCharbonnierOptions } from './cloud-masked-charbonnier.js';
export { edcTotal, type EdcLoss, type EdcLossInputs, type EdcTotalOptions } from './edc-total.js';
export { gaussianMmd2, type GaussianMmd2Options } from './gaussian-mmd2.js';
export type { Bandwidth } from './kernel-bandwidth.js';
export { maskedCrossEntropy, type MaskedCrossEntropyOptions } from './masked-cross-entropy.js';
export { maskedFeatureDistillation, type MaskedFeatureDistillationOptions } from './masked-feature-distillation.js';
export { mmd2 } from './mmd2.js';
