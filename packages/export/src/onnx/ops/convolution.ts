import { ExportError } from '../../export-error.js';
import type { OpNode } from '../../model-graph.js';
import { isFixed, sameShape } from '../../size.js';
import type { Rules, Translation } from '../translation.js';

type Two = readonly [number, number];

/** Zeros before and after each axis, as ONNX writes them: [top, left, bottom, right]. */
type Pads = readonly [number, number, number, number];

const spatial = (node: OpNode, name: string): Two => {
  const [, height, width] = node.attributes[name] as readonly number[];
  return [height, width];
};

/** What TensorFlow's padding means for windows of `reach` over an input of `size`. */
export function padsOf(node: OpNode, size: Two, reach: Two, stride: Two): Pads {
  const { padding, explicit_paddings: explicit } = node.attributes;
  if (padding === 'EXPLICIT') {
    const [, , top, bottom, left, right] = explicit as readonly number[];
    return [top, left, bottom, right];
  }
  if (padding === 'VALID') return [0, 0, 0, 0];
  const [height, width] = [0, 1].map((i) => Math.max(0, (Math.ceil(size[i] / stride[i]) - 1) * stride[i] + reach[i] - size[i]));
  return [Math.floor(height / 2), Math.floor(width / 2), Math.ceil(height / 2), Math.ceil(width / 2)];
}

export function needsChannelsLast(node: OpNode): void {
  const { data_format: format = 'NHWC' } = node.attributes;
  if (format !== 'NHWC') throw new ExportError(`${node.op} (${node.name}) works on ${String(format)}; images must be [N,H,W,C]`);
}

interface Convolution {
  readonly weight: string; // [O,C/groups,kH,kW]
  readonly kernel: Two;
  readonly groups: number;
}

function convolve(node: OpNode, to: Translation, { weight, kernel, groups }: Convolution): void {
  needsChannelsLast(node);
  const stride = spatial(node, 'strides');
  const dilation = node.attributes.dilations === undefined ? ([1, 1] as const) : spatial(node, 'dilations');
  const reach = [0, 1].map((i) => dilation[i] * (kernel[i] - 1) + 1) as [number, number];
  const [image, around] = withoutZeros(node, to);
  const [height, width] = to.fixedShape(node, node.inputs[0], [1, 2]);
  const own = padsOf(node, [height, width], reach, stride);
  const pads = own.map((pad, i) => pad + around[i]);
  const name = to.add('Conv', [to.channelsFirst(image), weight], {
    kernel_shape: kernel,
    strides: stride,
    dilations: dilation,
    pads,
    group: groups,
  });
  to.setChannelsFirst(node, name);
}

/** An image that was padded with zeros only to be convolved: the image before, and the zeros. */
function withoutZeros(node: OpNode, to: Translation): readonly [string, Pads] {
  const [ref] = node.inputs;
  const pad = to.op(ref);
  if (pad?.op !== 'PadV2' || to.values(pad.inputs[2])?.[0] !== 0) return [ref, [0, 0, 0, 0]];
  const [, , top, bottom, left, right, ...channels] = to.integers(pad, 1);
  return channels.every((size) => size === 0) ? [pad.inputs[0], [top, left, bottom, right]] : [ref, [0, 0, 0, 0]];
}

export const convolutions: Rules = {
  Conv2D: (node, to) => {
    const [kernelHeight, kernelWidth, groupChannels] = to.fixedShape(node, node.inputs[1], [0, 1, 2]);
    const [channels] = to.fixedShape(node, node.inputs[0], [3]);
    const weight = to.rearrangedWeight(node.inputs[1], [3, 2, 0, 1]);
    convolve(node, to, { weight, kernel: [kernelHeight, kernelWidth], groups: channels / groupChannels });
  },

  /** [kH,kW,C,M]: M outputs of each channel. */
  DepthwiseConv2dNative: (node, to) => {
    const [height, width, channels, multiplier] = to.fixedShape(node, node.inputs[1], [0, 1, 2, 3]);
    const weight = to.rearrangedWeight(node.inputs[1], [2, 3, 0, 1], [channels * multiplier, 1, height, width]);
    convolve(node, to, { weight, kernel: [height, width], groups: channels });
  },

  /** The transposed convolution: inputs its output's size, filter [kH,kW,O,I], x. */
  Conv2DBackpropInput: (node, to) => {
    needsChannelsLast(node);
    const [, filter, x] = node.inputs;
    const [height, width] = node.outputs[0].shape.slice(1, 3) as number[];
    const kernel = to.fixedShape(node, filter, [0, 1]) as [number, number];
    const stride = spatial(node, 'strides');
    const pads = padsOf(node, [height, width], kernel, stride);
    const inputs = to.fixedShape(node, x, [1, 2]);
    const covered = inputs.map((size, i) => (size - 1) * stride[i] + kernel[i] - pads[i] - pads[i + 2]);
    const name = to.add('ConvTranspose', [to.channelsFirst(x), to.rearrangedWeight(filter, [3, 2, 0, 1])], {
      kernel_shape: kernel,
      strides: stride,
      pads,
      output_padding: [height - covered[0], width - covered[1]],
    });
    to.setChannelsFirst(node, name);
  },

  MatMul: (node, to) => {
    const { transpose_a: flipA, transpose_b: flipB } = node.attributes;
    product(node, to, flipA === true, flipB === true);
  },

  BatchMatMulV2: (node, to) => {
    const { adj_x: flipA, adj_y: flipB } = node.attributes;
    product(node, to, flipA === true, flipB === true);
  },

  Einsum: (node, to) =>
    to.set(
      node,
      to.add(
        'Einsum',
        node.inputs.map((ref) => to.exact(ref)),
        { equation: node.attributes.equation as string },
      ),
    ),
};

/** A product with a weight takes rows as they stand, and is a convolution where images stand channels first. */
function product(node: OpNode, to: Translation, flipA: boolean, flipB: boolean): void {
  const [a, b] = node.inputs;
  const weight = to.constant(b);
  const [first, last] = to.shape(b).slice(-2);
  const [inFeatures, outFeatures] = flipB ? [last, first] : [first, last];
  const isLinear = weight?.dtype === 'float32' && weight.shape.length === 2 && !flipA && isFixed(inFeatures) && isFixed(outFeatures);
  if (!isLinear) {
    to.set(node, to.add('MatMul', [flipped(to, a, flipA), flipped(to, b, flipB)]));
    return;
  }
  const { name, actual, channelsFirst, shape } = to.view(a);
  if (channelsFirst && actual[1] === inFeatures && shape[shape.length - 1] === inFeatures) {
    const filter = to.rearrangedWeight(b, flipB ? [0, 1] : [1, 0], [outFeatures, inFeatures, 1, 1]);
    const image = to.add('Conv', [name, filter], { kernel_shape: [1, 1] });
    to.set(node, { name: image, actual: [actual[0], outFeatures, actual[2], actual[3]], channelsFirst, shape: node.outputs[0].shape });
    return;
  }
  const rows = to.rows(a);
  const matrix = flipB ? to.rearrangedWeight(b, [1, 0]) : to.view(b).name;
  const result = [...rows.actual.slice(0, -1), outFeatures];
  const y = to.add('MatMul', [rows.name, matrix]);
  to.set(node, sameShape(result, node.outputs[0].shape) ? y : { ...rows, name: y, actual: result, shape: node.outputs[0].shape });
}

function flipped(to: Translation, ref: string, flip: boolean): string {
  const perm = [...to.shape(ref).keys()];
  const rank = perm.length;
  if (!flip) return to.exact(ref);
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return to.constant(ref) ? to.rearrangedWeight(ref, perm) : to.graph.transpose(to.exact(ref), perm);
}
