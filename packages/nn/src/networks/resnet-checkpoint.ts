import { loadStateDict, type HostTensor } from '../state-dict.js';
import { BottleneckBlock } from './resnet-block.js';
import type { ResNetStem } from './resnet-stem.js';
import type { ResNetEncoder } from './resnet.js';

type StateDict = ReadonlyMap<string, HostTensor>;

/**
 * Sets an encoder to the weights of a ResNet in torchvision's names, such as a classifier trained on ImageNet. The head `fc` is left out, and so
 * are the stem and the last layers where the encoder has none; a stem for other bands than RGB gets `adaptRgbKernel`.
 *
 * @param dict names and tensors of the file, as `fromPretrained` of @rs/weights returns them
 * @throws Error naming both sizes when the checkpoint's blocks, depths or widths are not the encoder's; the encoder is unchanged then
 */
export function loadResNet(encoder: ResNetEncoder, dict: StateDict): void {
  const layers = encoder.channels.length;
  const weights = named(dict);
  const [found, expected] = [sizeOfWeights(weights, layers), sizeOfEncoder(encoder)];
  if (found !== expected) throw new Error(`loadResNet: the checkpoint is ${found}; the encoder is ${expected}`);
  const own = [...weights].filter(([name]) => {
    const [, layer] = /^layer(\d)\./.exec(name) ?? [];
    return layer ? Number(layer) <= layers : encoder.conv1 && /^(conv1|bn1)\./.test(name);
  });
  loadStateDict(encoder, encoder.conv1 ? withStemFor(encoder.conv1.weight.shape[2], new Map(own)) : new Map(own));
}

/**
 * Sets a stem of its own to that of a ResNet in torchvision's names, as `loadResNet` does with an encoder's.
 *
 * @throws Error naming both widths when they differ; the stem is unchanged then
 */
export function loadResNetStem(stem: ResNetStem, dict: StateDict): void {
  const [, , inChannels, width] = stem.conv1.weight.shape;
  const weights = withStemFor(inChannels, new Map([...named(dict)].filter(([name]) => /^(conv1|bn1)\./.test(name))));
  const found = weights.get('conv1.weight')?.shape[0];
  if (found !== width) throw new Error(`loadResNetStem: the checkpoint's stem has width ${found}; the model's has ${width}`);
  loadStateDict(stem, weights);
}

/**
 * A kernel for RGB made one for `inChannels` bands of about the same response: for one band the sum over the three, else channel i mod 3 times
 * 3 / inChannels.
 *
 * @param kernel [O,3,kH,kW], PyTorch's layout
 * @returns [O,inChannels,kH,kW]
 * @throws RangeError when the kernel does not take three channels, or inChannels is no positive integer
 */
export function adaptRgbKernel(kernel: HostTensor, inChannels: number): HostTensor {
  const [outChannels, rgb, height, width] = kernel.shape;
  if (kernel.shape.length !== 4 || rgb !== 3)
    throw new RangeError(`adaptRgbKernel: kernel must have shape [*,3,*,*], got [${kernel.shape}]`);
  if (!Number.isInteger(inChannels) || inChannels < 1) {
    throw new RangeError(`adaptRgbKernel: inChannels must be a positive integer, got ${inChannels}`);
  }
  const area = height * width;
  const data = new Float32Array(outChannels * inChannels * area);
  const of = (o: number, channel: number, k: number): number => Number(kernel.data[(o * rgb + channel) * area + k]);
  for (let o = 0; o < outChannels; o++) {
    for (let i = 0; i < inChannels; i++) {
      for (let k = 0; k < area; k++) {
        data[(o * inChannels + i) * area + k] =
          inChannels === 1 ? of(o, 0, k) + of(o, 1, k) + of(o, 2, k) : (of(o, i % rgb, k) * rgb) / inChannels;
      }
    }
  }
  return { shape: [outChannels, inChannels, height, width], data };
}

/** Without the prefix that data-parallel training leaves. */
const named = (dict: StateDict): Map<string, HostTensor> =>
  new Map([...dict].map(([name, tensor]) => [name.replace(/^module\./, ''), tensor]));

function withStemFor(inChannels: number, weights: Map<string, HostTensor>): Map<string, HostTensor> {
  const kernel = weights.get('conv1.weight');
  if (kernel && kernel.shape[1] !== inChannels) weights.set('conv1.weight', adaptRgbKernel(kernel, inChannels));
  return weights;
}

/** The size of the checkpoint's first layers. */
function sizeOfWeights(weights: StateDict, layers: number): string {
  const depths = Array.from({ length: layers }, () => 0);
  for (const name of weights.keys()) {
    const [, layer, block] = /^layer(\d)\.(\d+)\./.exec(name) ?? [];
    if (layer && Number(layer) <= layers) depths[Number(layer) - 1] = Math.max(depths[Number(layer) - 1], Number(block) + 1);
  }
  if (depths[0] === 0) return `no ResNet (its names begin ${[...weights.keys()].slice(0, 5).join(', ')})`;
  const planes = depths.map((_, i) => weights.get(`layer${i + 1}.0.conv1.weight`)?.shape[0]);
  return describe(weights.has('layer1.0.conv3.weight'), depths, planes);
}

function sizeOfEncoder({ layer1, layer2, layer3, layer4, channels }: ResNetEncoder): string {
  const bottleneck = layer1[0] instanceof BottleneckBlock;
  const depths = [layer1, layer2, layer3, layer4].flatMap((blocks) => (blocks ? [blocks.length] : []));
  const planes = channels.map((count) => (bottleneck ? count / BottleneckBlock.expansion : count));
  return describe(bottleneck, depths, planes);
}

const describe = (bottleneck: boolean, depths: readonly number[], planes: readonly (number | undefined)[]): string =>
  `a ResNet of ${bottleneck ? 'bottleneck' : 'basic'} blocks, layers [${depths}], width [${planes}]`;
