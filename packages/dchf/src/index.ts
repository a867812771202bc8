export { Dchf, type DchfConfig, type DchfInputs, type DchfOutputs, type DchfVariant } from './dchf.js';
export { EcaGate, ecaKernelSize, type EcaGateConfig } from './eca-gate.js';
export { MultiScalePool, type MultiScalePoolConfig } from './multi-scale-pool.js';
export { SeGate, type SeGateConfig } from './se-gate.js';
export { SpatialGate, type SpatialGateConfig } from './spatial-gate.js';
export { UNetDecoder, type UNetDecoderConfig } from './u-net-decoder.js';
export { WeightedGlobalPooling, type WeightedGlobalPoolingConfig } from './weighted-global-pooling.js';
