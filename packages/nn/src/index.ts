export { assertShape } from './assert-shape.js';
export { Random } from './random.js';
export {
  kaimingNormalInit,
  kaimingUniformInit,
  torchInit,
  truncatedNormalInit,
  xavierNormalInit,
  xavierUniformInit,
  type Fans,
  type Init,
} from './init.js';
export { TrainPass, type LayerSeed, type Mode } from './mode.js';
export { buffers, countParameters, disposeModule, parameters } from './module-tree.js';
export { loadStateDict, stateDict, type HostData, type HostTensor, type LoadOptions, type LoadResult } from './state-dict.js';
export { BatchNorm2d, type BatchNorm2dConfig } from './layers/batch-norm2d.js';
export { applyConvNorm, applyConvNormRelu, convNorm, type ConvNorm, type ConvNormConfig } from './layers/conv-norm.js';
export { Conv2d, type Conv2dConfig } from './layers/conv2d.js';
export { ConvTranspose2d, type ConvTranspose2dConfig } from './layers/conv-transpose2d.js';
export { EcaGate, ecaKernelSize, type EcaGateConfig } from './layers/eca-gate.js';
export { GroupNorm, type GroupNormConfig } from './layers/group-norm.js';
export { InstanceNorm2d, type InstanceNorm2dConfig } from './layers/instance-norm2d.js';
export { LayerNorm, type LayerNormConfig } from './layers/layer-norm.js';
export { LayerNorm2d, type LayerNorm2dConfig } from './layers/layer-norm2d.js';
export { Linear, type LinearConfig } from './layers/linear.js';
export { Mlp, type MlpConfig } from './layers/mlp.js';
export { MultiHeadAttention, type MultiHeadAttentionConfig } from './layers/multi-head-attention.js';
export { MultiScalePool, type MultiScalePoolConfig } from './layers/multi-scale-pool.js';
export { SeGate, type SeGateConfig } from './layers/se-gate.js';
export { SpatialGate, type SpatialGateConfig } from './layers/spatial-gate.js';
export { adaptiveAvgPool2d } from './ops/adaptive-avg-pool2d.js';
export { attend, joinHeads, splitHeads, splitQkv, type AttendInputs } from './ops/attend.js';
export { causalMask } from './ops/causal-mask.js';
export { conv2d, type Conv2dInputs } from './ops/conv2d.js';
export { dropPath } from './ops/drop-path.js';
export type { DropoutOptions } from './ops/drop-values.js';
export { dropout, dropoutChannels } from './ops/dropout.js';
export { gatherRows } from './ops/gather-rows.js';
export { gelu, type GeluApproximation } from './ops/gelu.js';
export { layerNorm, type LayerNormInputs } from './ops/layer-norm.js';
export { linear, type LinearInputs } from './ops/linear.js';
export { mixAxes, type AxisMix } from './ops/mix-axes.js';
export { pad2d, type Pad2dOptions } from './ops/pad2d.js';
export type { Pair } from './ops/pair.js';
export { preNormBlock, type PreNormBlock } from './ops/pre-norm-block.js';
export { quickGelu } from './ops/quick-gelu.js';
export { avgPool2d, type AvgPool2dOptions } from './ops/avg-pool2d.js';
export { maxPool2d } from './ops/max-pool2d.js';
export type { Pool2dOptions } from './ops/pool-windows.js';
export { residualGate } from './ops/residual-gate.js';
export { resize, type ResizeOptions } from './ops/resize.js';
export { bicubicTaps, type Taps } from './ops/sampling.js';
export { softmax } from './ops/softmax.js';
export { mergeWindows, partitionWindows } from './ops/windows.js';
export { withoutGradient } from './ops/without-gradient.js';
export { fused } from './raw-ops.js';
export { recomputed, type Recomputed } from './ops/recomputed.js';
export { ResNetEncoder, type ResNetConfig } from './networks/resnet.js';
export { ResNetStem, type ResNetStemConfig } from './networks/resnet-stem.js';
export type { ResNetBlock } from './networks/resnet-block.js';
export { resnetVariants, type ResNetVariant } from './networks/resnet-variants.js';
export { UNetDecoder, type UNetDecoderConfig } from './networks/u-net-decoder.js';
export { adaptRgbKernel, loadResNet, loadResNetStem } from './networks/resnet-checkpoint.js';
