export type { Dtype, HostData, HostTensor } from './host-tensor.js';
export type { WeightsSource } from './byte-source.js';
export { WeightsFileError, type TensorInfo, type WeightsFile, type WeightsFormat } from './weights-file.js';
export { openCheckpoint, readCheckpoint } from './checkpoint.js';
export { openSafetensors, readSafetensors, writeSafetensors } from './safetensors.js';
export { writeAtomically, type Written } from './write-atomically.js';
export { fromPretrained } from './from-pretrained.js';
export type { DownloadOptions, Progress } from './download.js';
