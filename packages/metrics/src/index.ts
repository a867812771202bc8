export type { HostArray, NumericArray } from './host-array.js';
export { argmaxLabels } from './argmax-labels.js';
export { confusionMatrix, type Confusion, type CountingOptions, type LabelPair } from './confusion-matrix.js';
export { perClassAccuracy, perClassF1, perClassIoU, perClassPrecision } from './class-scores.js';
export { meanF1, meanIoU, meanPixelAccuracy, type MeanOptions } from './mean-scores.js';
export { cohenKappa, frequencyWeightedIoU, overallAccuracy } from './overall-scores.js';
export { scoresFromConfusion, segmentationScores, type SegmentationOptions, type SegmentationScores } from './segmentation-scores.js';
export { SegmentationAccumulator } from './segmentation-accumulator.js';
export { CloudSplitAccumulator, cloudSplitScores, type CloudSplit } from './cloud-split-scores.js';
export { groupedMeanIoU, type GroupedMeanIoUInput } from './grouped-mean-iou.js';

export type { ImagePairInput } from './image-pair.js';
export { mae, mse, psnr, rmse, type PsnrOptions, type Reduction } from './pixel-errors.js';
export { sam, type SamOptions } from './sam.js';
export { ssim, type SsimOptions } from './ssim.js';
export { ImageQualityAccumulator, type ImageQuality, type ImageQualityOptions } from './image-quality-accumulator.js';

export {
  calibrationCurve,
  expectedCalibrationError,
  type CalibrationCurve,
  type CalibrationOptions,
  type CalibrationPixels,
  type ClassScores,
} from './calibration.js';
export { CalibrationAccumulator, type CalibrationAccumulatorOptions } from './calibration-accumulator.js';
export { cloudSplitCalibration, CloudSplitCalibrationAccumulator } from './cloud-split-calibration.js';

export { effectiveRank, EffectiveRankAccumulator, type EffectiveRank, type EffectiveRankOptions } from './effective-rank.js';
export { activationSparsity, ActivationSparsityAccumulator, type SparsityOptions } from './activation-sparsity.js';
export { channelDimension } from './channel-dimension.js';
export { linearCka, LinearCkaAccumulator } from './linear-cka.js';
