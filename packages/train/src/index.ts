export { fit, type CheckpointConfig, type FitConfig, type FitResult } from './fit.js';
export type { Best, Evaluation, EvaluationAt } from './best.js';
export type { Batch, DataSource } from './batch.js';
export { lossAndGradients, type LossAndGradients, type LossTerms } from './loss-and-gradients.js';
export { NonFiniteLossError } from './non-finite-loss-error.js';
export type { History } from './history.js';
export { shuffledBatches, shuffledIndices, type BatchPlace, type ShuffledBatchesConfig } from './shuffled-batches.js';
export { loadLatestCheckpoint, saveCheckpoint, type Checkpoint, type LoadedCheckpoint } from './checkpoint.js';
export type { Json } from './json.js';
export type { StepFacts, UpdateRule, Updated } from './update-rule.js';
export { adam, adamW, type AdamConfig } from './adam.js';
export { sgd, type SgdConfig } from './sgd.js';
export { Optimizer, type OptimizerOptions, type ParameterGroup } from './optimizer.js';
export { GradientPass, type GradientPassResult } from './gradient-pass.js';
export type { Capture, CapturedFunction, NamedTensors } from './capture.js';
export { clipGradNorm, type ClippedGradients } from './clip-grad-norm.js';
export {
  constantRate,
  cosineToZero,
  linearWarmup,
  warmupCosine,
  type CosineConfig,
  type Schedule,
  type WarmupCosineConfig,
} from './schedule.js';
