import { loadResNet, loadResNetStem, type HostTensor } from '@rs/nn';
import type { StarsModel } from './stars-model.js';

/**
 * Starts a model from a ResNet's ImageNet weights: layers 1 to 4 go to all three encoders, the first convolution and its norm to both stems, fitted
 * to their bands (`adaptRgbKernel` of @rs/nn). The rest keeps its first weights.
 *
 * @param dict names and tensors in torchvision's layout, as `fromPretrained` of @rs/weights returns them
 * @throws Error naming both sizes when the checkpoint's blocks, depths or widths are not the model's; the model is unchanged then
 */
export function loadBackbone(model: StarsModel, dict: ReadonlyMap<string, HostTensor>): void {
  for (const encoder of [model.shared, model.specificM1, model.specificM2]) loadResNet(encoder, dict);
  for (const stem of [model.stemM1, model.stemM2]) loadResNetStem(stem, dict);
}
