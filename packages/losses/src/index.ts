export { charbonnier, type CharbonnierOptions } from './charbonnier.js';
export { cloudMaskedCharbonnier, type CloudMaskedCharbonnierOptions } from './cloud-masked-charbonnier.js';
export { edcTotal, type EdcLoss, type EdcLossInputs, type EdcTotalOptions } from './edc-total.js';
export { maskedCrossEntropy, type MaskedCrossEntropyOptions } from './masked-cross-entropy.js';
export { maskedFeatureDistillation, type MaskedFeatureDistillationOptions } from './masked-feature-distillation.js';
