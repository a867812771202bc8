export type { HostArray, Image, LabelMap, Mask } from './host-array.js';
export { batchShapes, type BatchShape, type ShapeOptions } from './batch-shapes.js';
export { cloudMasks, type CloudOptions } from './cloud-masks.js';
export {
  labelPairs,
  segmentationBatches,
  type LabelPair,
  type SegmentationBatch,
  type SegmentationOptions,
} from './segmentation-batches.js';
export { imageBatches, opticalSarPairs, type ImageBatch, type OpticalSarPair } from './image-batches.js';
export { forAllBatches, type Runs } from './for-all-batches.js';

export { onTensors, toTensors, type HostBatch, type Measure, type TensorLoss, type TensorOf, type Tensors } from './measure.js';
export { lawIgnoresMasked, lawPermutationInvariant, lawShiftInvariant, type LawOptions } from './invariance-laws.js';
export { lawBounded } from './law-bounded.js';
export { lawStreamingEqualsOneShot } from './law-streaming-equals-one-shot.js';
export { lawNoLeak } from './law-no-leak.js';
export { lawGradient } from './law-gradient.js';
