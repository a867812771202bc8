import { Conv2d, type Init } from '@rs/nn';

export interface PaddedConvConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize?: number; // odd; default 3
  readonly stride?: number; // default 1
}

/** A convolution with bias, padded so that the size stays, up to the stride. */
export const paddedConv = ({ kernelSize = 3, ...config }: PaddedConvConfig, init: Init): Conv2d =>
  new Conv2d({ ...config, kernelSize, padding: (kernelSize - 1) / 2 }, init);
