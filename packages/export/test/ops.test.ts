import * as tf from '@tensorflow/tfjs-core';
import {
  adaptiveAvgPool2d,
  avgPool2d,
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  gelu,
  GroupNorm,
  InstanceNorm2d,
  LayerNorm,
  LayerNorm2d,
  Linear,
  maxPool2d,
  MultiHeadAttention,
  pad2d,
  Random,
  resize,
  softmax,
  torchInit,
} from '@rs/nn';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectSameOnOnnxruntime, type Tensors } from './on-onnxruntime.js';

type Image = tf.Tensor4D;

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
  for (const variable of Object.values(tf.engine().registeredVariables)) variable.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

const normal = (shape: number[], seed = 1): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);
const image = (shape: number[] = [2, 9, 8, 6], seed = 1): Image => normal(shape, seed) as Image;

/** One input x, for a fixed batch and for any. */
async function check(fn: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor = image()): Promise<Readonly<Record<string, number>>> {
  const model = ({ x }: Tensors): Tensors => ({ y: fn(x) });
  await expectSameOnOnnxruntime(model, [{ x }]);
  if (x.rank === 0) return {};
  const any = { x: { shape: [null, ...x.shape.slice(1)], dtype: x.dtype } };
  const three = x.dtype === 'float32' ? normal([3, ...x.shape.slice(1)], 5) : tf.concat([x, tf.slice(x, [0], [1])]);
  return expectSameOnOnnxruntime(model, x.dtype === 'float32' ? [{ x }, { x: three }] : [{ x }], any);
}

const init = torchInit(new Random(1));

describe('convolutions', () => {
  const configs = [
    { kernelSize: 3, padding: 1 },
    { kernelSize: 3, padding: 0 },
    { kernelSize: 3, padding: 1, stride: 2 },
    { kernelSize: [3, 5] as const, padding: [1, 0] as const, stride: [1, 2] as const },
    { kernelSize: 3, padding: 2, dilation: 2 },
    { kernelSize: 3, padding: 1, stride: 2, dilation: [1, 2] as const },
    { kernelSize: 3, padding: 1, groups: 3 },
    { kernelSize: 3, padding: 1, groups: 6, bias: false },
    { kernelSize: 1 },
    { kernelSize: 1, stride: 2 },
  ];
  test.each(configs)('Conv2d %o', async (config) => {
    const layer = new Conv2d({ inChannels: 6, outChannels: 12, ...config }, init);
    await check((x) => layer.call(x as Image));
  });
  test.each(['same', 'valid'] as const)('tf.conv2d and tf.depthwiseConv2d with padding %s', async (pad) => {
    const [filter, depthwise] = [image([3, 2, 6, 4], 2), image([3, 3, 6, 2], 3)];
    await check((x) => tf.conv2d(x as Image, filter, 2, pad));
    await check((x) => tf.depthwiseConv2d(x as Image, depthwise, 1, pad));
    await check((x) => tf.conv2dTranspose(tf.conv2d(x as Image, filter, 2, pad), filter, [x.shape[0], 9, 8, 6], 2, pad));
  });
  test.each([{ padding: 0 }, { padding: 1, stride: 2 }, { padding: 1, stride: 2, outputPadding: 1 }])(
    'ConvTranspose2d %o',
    async (config) => {
      const layer = new ConvTranspose2d({ inChannels: 6, outChannels: 4, kernelSize: 3, ...config }, init);
      await check((x) => layer.call(x as Image));
    },
  );
  test('a bias of a convolution is a part of it, and zeros around it too', async () => {
    const layer = new Conv2d({ inChannels: 6, outChannels: 4, kernelSize: 3, padding: 1, stride: 2, dilation: 2 }, init);
    expect(await check((x) => layer.call(x as Image))).toEqual({ Transpose: 2, Conv: 1 });
  });
  test('in a row they stay channels first', async () => {
    const [first, norm, second] = [
      new Conv2d({ inChannels: 6, outChannels: 6, kernelSize: 3, padding: 1 }, init),
      new BatchNorm2d({ channels: 6 }),
      new Conv2d({ inChannels: 6, outChannels: 6, kernelSize: 1 }, init),
    ];
    const nodes = await check((x) => tf.add(x, second.call(gelu(norm.call(first.call(x as Image), 'eval')))));
    expect(nodes).toEqual({ Transpose: 2, Conv: 2, BatchNormalization: 1, Gelu: 1, Add: 1 });
  });
});

describe('layers', () => {
  test('BatchNorm2d', async () => {
    const layer = new BatchNorm2d({ channels: 6 });
    layer.runningMean.assign(tf.randomNormal([6], 0, 1, 'float32', 1));
    layer.runningVar.assign(tf.randomUniform([6], 0.5, 2, 'float32', 2));
    expect(await check((x) => layer.call(x as Image, 'eval'))).toEqual({ Transpose: 2, BatchNormalization: 1 });
  });
  test('LayerNorm is one op, on tokens and on images', async () => {
    const layer = new LayerNorm({ features: 6 });
    layer.weight.assign(tf.randomNormal([6], 0, 1, 'float32', 1));
    expect(await check((x) => layer.call(x))).toEqual({ LayerNormalization: 1 });
    expect(await check((x) => layer.call(x), normal([2, 5, 6]))).toEqual({ LayerNormalization: 1 });
    const onImages = new LayerNorm2d({ channels: 6 });
    expect(await check((x) => onImages.call(x as Image))).toEqual({ LayerNormalization: 1 });
  });
  test('GroupNorm and InstanceNorm2d', async () => {
    const [group, instance] = [new GroupNorm({ groups: 3, channels: 6 }), new InstanceNorm2d({ channels: 6 })];
    await check((x) => group.call(x as Image));
    await check((x) => instance.call(x as Image));
  });
  test('gelu is one op, both of its forms', async () => {
    expect(await check((x) => gelu(x))).toEqual({ Gelu: 1 });
    expect(await check((x) => gelu(x, 'tanh'))).toEqual({ Gelu: 1 });
  });
  test('Linear keeps the rows as they stand', async () => {
    const layers = [new Linear({ inFeatures: 6, outFeatures: 5 }, init), new Linear({ inFeatures: 5, outFeatures: 6 }, init)];
    expect(await check((x) => layers[1].call(gelu(layers[0].call(x))))).toEqual({ MatMul: 2, Add: 2, Gelu: 1 });
  });
  test('MultiHeadAttention', async () => {
    const layer = new MultiHeadAttention({ embedDim: 8, numHeads: 2 }, init);
    await check((x) => layer.call(x as tf.Tensor3D), normal([2, 5, 8]));
  });
  test('softmax', async () => expect(await check((x) => softmax(x))).toEqual({ Softmax: 1 }));
});

describe('sizes', () => {
  const modes = [
    { mode: 'nearest' },
    { mode: 'nearest-exact' },
    { mode: 'bilinear' },
    { mode: 'bilinear', alignCorners: true },
    { mode: 'bicubic' },
    { mode: 'bicubic', alignCorners: true },
  ] as const;
  test.each(modes)('resize %o', async (options) => {
    for (const size of [[18, 16], [5, 13], [1, 1], [27, 4]] as const) await check((x) => resize(x as Image, { size, ...options })); // prettier-ignore
  });
  test.each([true, false])('tf.image.resize, corners aligned: %s', async (corners) => {
    await check((x) => tf.image.resizeBilinear(x as Image, [5, 13], corners, false));
    await check((x) => tf.image.resizeNearestNeighbor(x as Image, [5, 13], corners, false));
  });
  test.each(['zero', 'reflect', 'replicate'] as const)('pad2d %s', async (mode) => {
    await check((x) => pad2d(x as Image, { padding: [1, 2, 0, 3], mode }));
  });
  test('tf.pad with a value, tf.mirrorPad', async () => {
    await check((x) => tf.pad(x, [[0, 0], [1, 0], [0, 2], [3, 3]], 2.5)); // prettier-ignore
    await check((x) => tf.mirrorPad(x, [[0, 0], [1, 0], [0, 2], [3, 3]], 'reflect')); // prettier-ignore
  });
  test('pools', async () => {
    for (const options of [{ kernelSize: 2 }, { kernelSize: 3, stride: 2, padding: 1 }, { kernelSize: 3, stride: 2, ceilMode: true }]) {
      await check((x) => maxPool2d(x as Image, options));
      await check((x) => avgPool2d(x as Image, options));
      await check((x) => avgPool2d(x as Image, { ...options, countIncludePad: false }));
    }
    await check((x) => tf.avgPool(x as Image, 3, 2, 'same'));
    await check((x) => adaptiveAvgPool2d(x as Image, [3, 2]));
    await check((x) => adaptiveAvgPool2d(x as Image, [4, 5]));
    await check((x) => adaptiveAvgPool2d(x as Image, [1, 1]));
  });
});

describe('shapes', () => {
  test('slices', async () => {
    await check((x) => tf.slice(x, [0, 2, 1, 0], [-1, 5, -1, 3]));
    await check((x) => tf.stridedSlice(x, [0, 1, 7, 0], [x.shape[0], 8, 0, 6], [1, 2, -3, 1]));
    await check((x) => tf.stridedSlice(x, [0, 1, 0, 0], [0, 3, 0, 0], [1, 1, 1, 1], 13, 13, 0, 0, 2));
    await check((x) => tf.reverse(x, [1, 3]));
  });
  test('gathers, concatenations and splits', async () => {
    await check((x) => tf.gather(x, tf.tensor1d([3, 0, 3], 'int32'), 3));
    await check((x) => tf.concat([x, tf.mul(x, 2), x], 3));
    await check((x) => tf.concat(tf.split(x, [1, 3, 5], 1).reverse(), 1));
    await check((x) => tf.stack(tf.unstack(x, 1), 2));
    await check((x) => tf.concat(tf.split(x, 3, 3).reverse(), 2));
    await check((x) => tf.tile(x, [1, 2, 1, 3]));
    await check((x) => tf.expandDims(tf.transpose(x, [0, 3, 1, 2]), 2));
    await check((x) => tf.depthToSpace(x as Image, 2), image([2, 3, 3, 8]));
  });
  test('windows, whose number follows the batch', async () => {
    const windows = (x: tf.Tensor): tf.Tensor => {
      const [n] = x.shape;
      const strips = tf.transpose(tf.reshape(x, [n * 3, 3, 2, 4 * 6]), [0, 2, 1, 3]);
      const tokens = tf.reshape(strips, [n * 6, 12, 6]);
      return tf.concat([tf.tile(tf.ones([1, 1, 6]), [n * 6, 1, 1]), tf.softmax(tokens)], 1);
    };
    await check(windows);
    await check((x) => tf.add(tf.broadcastTo(tf.mean(x, [0, 1, 2, 3], true), x.shape), x));
  });
  test('constants in the shape of the batch', async () => {
    await check((x) => tf.add(x, tf.ones(x.shape)));
    await check((x) => tf.concat([tf.zeros([x.shape[0], 1, 8, 6]), x], 1));
    await check((x) => tf.onesLike(x));
  });
});

describe('values', () => {
  const row = tf.keep(tf.tensor2d([[-2.5, -1, -0.4, 0, 0.6, 1.5, 3, 8]]));
  test.each([
    tf.abs, tf.ceil, tf.floor, tf.round, tf.sign, tf.neg, tf.exp, tf.sin, tf.cos, tf.tanh, tf.sigmoid, tf.relu, tf.relu6, tf.elu, tf.selu,
    tf.softplus, tf.square, tf.erf, tf.expm1, tf.step, tf.atan, tf.isNaN, tf.logicalNot,
  ])('%o', async (op) => {
    const x = tf.concat([row, tf.add(row, 1)]);
    await check((x) => (op as (x: tf.Tensor) => tf.Tensor)(op === tf.logicalNot ? tf.greater(x, 0) : x), x);
  }); // prettier-ignore
  test('of positive numbers', async () => {
    for (const op of [tf.sqrt, tf.rsqrt, tf.log, tf.log1p, tf.reciprocal]) await check((x) => op(tf.add(tf.abs(x), 0.5)));
  });
  test('of two operands', async () => {
    const [a, b] = [normal([1, 9, 1, 6], 2), tf.tensor1d([1, -2, 3, 0.5, 2, -1])];
    for (const op of [tf.add, tf.sub, tf.mul, tf.div, tf.maximum, tf.minimum, tf.squaredDifference, tf.floorDiv, tf.mod]) {
      await check((x) => op(x, b));
      await check((x) => op(b, x));
      await check((x) => op(x, a));
      await check((x) => op(x, 2.5));
    }
    await check((x) => tf.pow(tf.abs(x), 1.5));
    await check((x) => tf.addN([x, x, tf.mul(x, x)]));
    await check((x) => tf.clipByValue(x, -0.5, 0.5));
    await check((x) => tf.leakyRelu(x, 0.3));
    await check((x) => tf.prelu(x, b));
  });
  test('whole numbers', async () => {
    const x = tf.tensor2d([[-7, -2, 0, 3, 9, 4], [1, 2, 3, 4, 5, 6]], [2, 6], 'int32'); // prettier-ignore
    const b = tf.tensor1d([2, 3, -2, -3, 4, 5], 'int32');
    for (const op of [tf.add, tf.sub, tf.mul, tf.maximum, tf.floorDiv, tf.mod, tf.equal, tf.less]) await check((x) => op(x, b), x);
    await check((x) => tf.oneHot(tf.cast(x, 'int32'), 5), x);
    await check((x) => tf.cast(x, 'float32'), x);
    await check((x) => tf.sum(x, 1), x);
  });
  test('conditions', async () => {
    for (const op of [tf.greater, tf.greaterEqual, tf.less, tf.lessEqual, tf.equal, tf.notEqual]) await check((x) => op(tf.round(x), 1));
    await check((x) => tf.where(tf.greater(x, 0), x, tf.neg(x)));
    await check((x) => tf.logicalAnd(tf.greater(x, 0), tf.logicalOr(tf.less(x, 1), tf.greater(x, 2))));
    await check((x) => tf.all(tf.greater(x, -1), [1, 2]));
    await check((x) => tf.any(tf.greater(x, 2), 3, true));
    await check((x) => tf.where(x, tf.ones(x.shape), tf.zeros(x.shape)), tf.tensor2d([[1, 0, 1], [0, 0, 1]], [2, 3], 'bool')); // prettier-ignore
  });
  test('reductions', async () => {
    for (const op of [tf.sum, tf.mean, tf.max, tf.min, tf.prod])
      for (const axes of [[1, 2], [3], [-1], [1]]) {
        await check((x) => op(x, axes));
        await check((x) => op(x, axes, true));
        await check((x) => op(tf.conv2d(x as Image, tf.ones([1, 1, 6, 6]), 2, 'same'), axes));
      }
    await check((x) => tf.argMax(x, -1));
    await check((x) => tf.argMin(x, 1));
    await check((x) => tf.cumsum(x, 3, true));
    await check((x) => tf.topk(x, 3).values);
    await check((x) => tf.topk(x, 3).indices);
  });
  test('products', async () => {
    const b = normal([2, 9, 8, 6], 4);
    await expectSameOnOnnxruntime(
      ({ a, b }) => ({ y: tf.matMul(a, b, false, true), z: tf.matMul(a, b, true, false) }),
      [{ a: image(), b }],
    );
    await check((x) => tf.matMul(x, x, false, true));
    await check((x) => tf.matMul(tf.reshape(x, [-1, 6]), normal([5, 6]) as tf.Tensor2D, false, true));
    await check((x) => tf.einsum('nhwc,nhkc->nhwk', x, x));
  });
});
