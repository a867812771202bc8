import type { HostTensor } from '@rs/nn';

/**
 * A checkpoint of one sensor's baseline for a sensor of other bands: the stem's convolution gets, for one band, the sum over the old ones, else
 * channel i mod n times n / channels, as ImageNet weights do (spec, section 2.2); the rest stays.
 *
 * @param weights of a `SingleSensor`, PyTorch's layout
 */
export function adaptStem(weights: ReadonlyMap<string, HostTensor>, channels: number): Map<string, HostTensor> {
  const name = 'stem.conv1.weight';
  const kernel = weights.get(name);
  if (!kernel) throw new Error(`adaptStem: the checkpoint has no ${name}`);
  const [outChannels, before, height, width] = kernel.shape;
  if (before === channels) return new Map(weights);
  const area = height * width;
  const of = (o: number, channel: number, k: number): number => Number(kernel.data[(o * before + channel) * area + k]);
  const data = Float32Array.from({ length: outChannels * channels * area }, (_, at) => {
    const k = at % area;
    const i = Math.floor(at / area) % channels;
    const o = Math.floor(at / (area * channels));
    if (channels > 1) return (of(o, i % before, k) * before) / channels;
    return Array.from({ length: before }, (__, channel) => of(o, channel, k)).reduce((sum, value) => sum + value, 0);
  });
  return new Map([...weights, [name, { shape: [outChannels, channels, height, width], data }]]);
}
