import type { HostTensor } from '@rs/nn';

export interface AdaptStemOptions {
  readonly inChannels: number; // channels the adapted kernel takes
  readonly replicate?: number | readonly number[]; // which of the three every further channel copies; a list is used in turn; default 0
}

const rgb = 3;

/**
 * Modality-adaptive stem of EDC, section III-B: a kernel for RGB becomes one for any number of channels. Channels 0..2 keep their
 * weights, every further one copies channel `replicate`, nothing is rescaled.
 *
 * @param kernel [O,3,kH,kW], PyTorch's layout
 * @returns [O,inChannels,kH,kW]
 * @throws RangeError when the kernel does not take three channels, or an option is out of range
 */
export function adaptStem(kernel: HostTensor, { inChannels, replicate = 0 }: AdaptStemOptions): HostTensor {
  const [outChannels, , height, width] = kernel.shape;
  if (kernel.shape.length !== 4 || kernel.shape[1] !== rgb) {
    throw new RangeError(`adaptStem: kernel must have shape [*,${rgb},*,*], got [${kernel.shape}]`);
  }
  if (!Number.isInteger(inChannels) || inChannels < 1) {
    throw new RangeError(`adaptStem: inChannels must be a positive integer, got ${inChannels}`);
  }
  const copied = typeof replicate === 'number' ? [replicate] : replicate;
  if (copied.length === 0 || !copied.every((channel) => Number.isInteger(channel) && channel >= 0 && channel < rgb)) {
    throw new RangeError(`adaptStem: replicate must be 0, 1 or 2, or a list of them, got [${copied}]`);
  }
  const area = height * width;
  const data = new Float32Array(outChannels * inChannels * area);
  for (let o = 0; o < outChannels; o++) {
    for (let i = 0; i < inChannels; i++) {
      const source = i < rgb ? i : copied[(i - rgb) % copied.length];
      for (let k = 0; k < area; k++) data[(o * inChannels + i) * area + k] = Number(kernel.data[(o * rgb + source) * area + k]);
    }
  }
  return { shape: [outChannels, inChannels, height, width], data };
}
