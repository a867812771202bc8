import type * as tf from '@tensorflow/tfjs-core';
import { ResNetEncoder, type BatchNorm2d, type Conv2d, type Init, type Mode, type ResNetBlock } from '@rs/nn';
import { assertSides } from './assert-inputs.js';

export interface CnnEncoderConfig {
  readonly inChannels?: number; // default 3
  readonly channels?: readonly number[]; // of each stage, two to four; default 64, 128, 256, 512
  readonly depths?: readonly number[]; // residual blocks of each stage; default 2, 2, 2, 2
}

/**
 * The encoder of the image: ResNet-18 at the defaults, He et al. 2016, with torchvision's names of parameters. Stage i (from 0) has stride 2^(i+2).
 * `stem` and `stage` are the steps of `call`, for fusion to go between.
 */
export class CnnEncoder {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly layer1: readonly ResNetBlock[];
  readonly layer2: readonly ResNetBlock[];
  readonly layer3?: readonly ResNetBlock[];
  readonly layer4?: readonly ResNetBlock[];
  readonly channels: readonly number[]; // of each stage's output
  readonly #resnet: ResNetEncoder;

  /** @throws RangeError when there are not two to four stages, or a size is not a positive integer */
  constructor({ inChannels = 3, channels = [64, 128, 256, 512], depths = [2, 2, 2, 2] }: CnnEncoderConfig, init: Init) {
    if (channels.length !== depths.length) {
      throw new RangeError(`CnnEncoder: channels and depths must have one entry a stage each, got [${channels}] and [${depths}]`);
    }
    const resnet = new ResNetEncoder({ block: 'basic', layers: depths, width: channels, inChannels }, init);
    this.#resnet = resnet;
    this.conv1 = resnet.conv1!;
    this.bn1 = resnet.bn1!;
    this.layer1 = resnet.layer1;
    this.layer2 = resnet.layer2;
    if (resnet.layer3) this.layer3 = resnet.layer3;
    if (resnet.layer4) this.layer4 = resnet.layer4;
    this.channels = resnet.channels;
  }

  /**
   * [N,H,W,inChannels] -> the output of each stage, [N,H/4,W/4,channels[0]] and half as large each next
   *
   * @throws RangeError when H or W is not a multiple of the last stride
   */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D[] {
    assertSides('CnnEncoder: x', x, 2 ** (this.channels.length + 1));
    return this.#resnet.call(x, mode);
  }

  /** [N,H,W,inChannels] -> [N,H/4,W/4,channels[0]] */
  stem(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return this.#resnet.stem(x, mode);
  }

  /** The output of the stage of index 0, 1, ... from that of the one before, of the stem at first. */
  stage(index: number, x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return this.#resnet.stage(index, x, mode);
  }
}
