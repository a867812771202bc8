export { deinterleaveTokens, interleaveTokens } from './interleave-tokens.js';
export { selectiveScan, type SelectiveScanOptions, type SelectiveScanOutputs } from './selective-scan.js';
export { BidirectionalSsmLayer, type BidirectionalSsmLayerConfig } from './bidirectional-ssm-layer.js';
export { SelectiveScan2d, type SelectiveScan2dConfig, type StateSpaceInit } from './selective-scan2d.js';
export { VssEncoder, vssInit, type VssEncoderConfig } from './vss-encoder.js';
