export { Dchf, type DchfConfig, type DchfInputs, type DchfOutputs, type DchfVariant } from './dchf.js';
export { WeightedGlobalPooling, type WeightedGlobalPoolingConfig } from './weighted-global-pooling.js';
export {
  EcaGate,
  ecaKernelSize,
  MultiScalePool,
  SeGate,
  SpatialGate,
  UNetDecoder,
  type EcaGateConfig,
  type MultiScalePoolConfig,
  type SeGateConfig,
  type SpatialGateConfig,
  type UNetDecoderConfig,
} from '@rs/nn';
