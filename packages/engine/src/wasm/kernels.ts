import * as tf from '@tensorflow/tfjs-core';
import { conv2dFilterGradient, conv2dInputGradient } from './conv2d-gradients.js';
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise-gradients.js';
import { convolutionAxes, explicitPadding, type ConvolutionAttributes } from './geometry.js';
import { unsortedSegmentSum } from './segment-sum.js';

type Shape4D = [number, number, number, number];
type Inputs = Record<string, tf.Tensor>;
type Attributes = ConvolutionAttributes & { filterShape: Shape4D; inputShape: Shape4D; numSegments: number };

/** Kernels that tfjs-backend-wasm 4.22 lacks or is slow at, made of kernels it has. */
const kernels: Record<string, (inputs: Inputs, attributes: Attributes) => tf.Tensor> = {
  Conv2DBackpropFilter: ({ x, dy }, attributes) =>
    conv2dFilterGradient(x as tf.Tensor4D, dy as tf.Tensor4D, attributes.filterShape, attributes),
  Conv2DBackpropInput: ({ dy, filter }, attributes) =>
    conv2dInputGradient(dy as tf.Tensor4D, filter as tf.Tensor4D, attributes.inputShape, attributes),
  DepthwiseConv2dNativeBackpropFilter: ({ x, dy }, attributes) =>
    depthwiseFilterGradient(x as tf.Tensor4D, dy as tf.Tensor4D, attributes.filterShape, attributes),
  DepthwiseConv2dNativeBackpropInput: ({ dy, filter }, attributes) =>
    depthwiseInputGradient(dy as tf.Tensor4D, filter as tf.Tensor4D, attributes.inputShape, attributes),
  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }) => unsortedSegmentSum(x, segmentIds as tf.Tensor1D, numSegments),
};

/** Makes every gradient of the packages work on the wasm backend, and its slow ones fast. To be called once. */
export function registerWasmKernels(): void {
  for (const [kernelName, compute] of Object.entries(kernels)) {
    replaceKernel(kernelName, ({ inputs, attrs }) => tf.tidy(() => compute(inputs as unknown as Inputs, attrs as unknown as Attributes)));
  }
  transposeBeforeMatMul();
  for (const kernelName of ['Conv2D', 'FusedConv2D']) spellOutSamePadding(kernelName, false);
  for (const kernelName of ['DepthwiseConv2dNative', 'FusedDepthwiseConv2D']) spellOutSamePadding(kernelName, true);
}

function replaceKernel(kernelName: string, kernelFunc: tf.KernelFunc): void {
  const builtin = tf.getKernel(kernelName, 'wasm');
  if (builtin) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ ...builtin, kernelName, backendName: 'wasm', kernelFunc }); // keeps the set-up of the one replaced
}

/** The wasm product of transposed matrices is a plain loop: transposing first and using the fast product takes a tenth of the time. */
function transposeBeforeMatMul(): void {
  const builtin = tf.getKernel('BatchMatMul', 'wasm').kernelFunc;
  replaceKernel('BatchMatMul', (call) => {
    const { transposeA, transposeB } = call.attrs as unknown as { transposeA: boolean; transposeB: boolean };
    if (!transposeA && !transposeB) return builtin(call);
    const { a, b } = call.inputs as unknown as { a: tf.Tensor; b: tf.Tensor };
    return tf.tidy(() => tf.matMul(transposeA ? swapLastAxes(a) : a, transposeB ? swapLastAxes(b) : b));
  });
}

/**
 * With padding 'same' and a stride above the filter size, as in a 1x1 convolution of stride 2, the wasm convolutions return
 * zeros; with the same padding given in numbers they are right.
 */
function spellOutSamePadding(kernelName: string, depthwise: boolean): void {
  const builtin = tf.getKernel(kernelName, 'wasm').kernelFunc;
  replaceKernel(kernelName, (call) => {
    const attributes = call.attrs as unknown as ConvolutionAttributes;
    if (attributes.pad !== 'same') return builtin(call);
    const { x, filter } = call.inputs as unknown as { x: tf.Tensor4D; filter: tf.Tensor4D };
    const pad = explicitPadding(convolutionAxes(x.shape, filter.shape, attributes, depthwise));
    return builtin({ ...call, attrs: { ...call.attrs, pad, dimRoundingMode: 'floor' } });
  });
}

function swapLastAxes(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis);
  [axes[x.rank - 2], axes[x.rank - 1]] = [x.rank - 1, x.rank - 2];
  return tf.transpose(x, axes);
}
