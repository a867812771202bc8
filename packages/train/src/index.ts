export type { StepFacts, UpdateRule, Updated } from './update-rule.js';
export { adam, adamW, type AdamConfig } from './adam.js';
export { sgd, type SgdConfig } from './sgd.js';
export { Optimizer, type ParameterGroup } from './optimizer.js';
export { clipGradNorm, type ClippedGradients } from './clip-grad-norm.js';
export { constantRate, cosineToZero, linearWarmup, type CosineConfig, type Schedule } from './schedule.js';
