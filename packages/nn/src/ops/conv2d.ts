import * as tf from '@tensorflow/tfjs-core';
import { isNative } from '../raw-ops.js';
import { everyNth } from './every-nth.js';
import { addBias, linear } from './linear.js';
import { hasNativeConv2d, nativeConv2d } from './native-conv2d.js';
import { pair, type Pair } from './pair.js';

export interface Conv2dInputs {
  readonly x: tf.Tensor4D; // [N,H,W,C]
  readonly filter: tf.Tensor4D; // [kH,kW,C/groups,O]
  readonly bias?: tf.Tensor1D; // [O]
  readonly stride?: Pair; // default 1
  readonly padding?: Pair; // zeros on both sides; default 0
  readonly dilation?: Pair; // default 1
  readonly groups?: number; // default 1
}

/** The numbers of a convolution, all given. */
export interface Conv2dGeometry {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/**
 * PyTorch's conv2d (a cross-correlation) on NHWC: [N,H,W,C] -> [N,H',W',O], H' = floor((H + 2 padding - dilation (kH - 1) - 1) / stride) + 1.
 *
 * @throws RangeError when the channels of x, the filter and the groups do not agree, or the kernel is larger than the padded x
 */
export function conv2d({ x, filter, bias, stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv2dInputs): tf.Tensor4D {
  const geometry = { stride: pair(stride), padding: pair(padding), dilation: pair(dilation), groups };
  const [kernelHeight, kernelWidth, groupChannels, outChannels] = filter.shape;
  if (x.shape[3] !== groupChannels * groups || outChannels % groups !== 0) {
    throw new RangeError(`conv2d: filter [${filter.shape}] in ${groups} groups does not fit x of shape [${x.shape}]`);
  }
  for (const axis of [0, 1] as const) {
    const reach = geometry.dilation[axis] * (filter.shape[axis] - 1) + 1;
    if (x.shape[1 + axis] + 2 * geometry.padding[axis] < reach) {
      throw new RangeError(
        `conv2d: a kernel that reaches over ${reach} does not fit x of shape [${x.shape}] with padding [${geometry.padding}]`,
      );
    }
  }
  const onePixel = kernelHeight * kernelWidth === 1;
  return tf.tidy(() => {
    // oneDNN's gradient of a filter of one pixel that skips others writes past its memory (TensorFlow 2.21): they are left out first.
    if (onePixel && Math.max(...geometry.stride) > 1 && isNative()) {
      return conv2d({ x: everyNth(zeroPadded(x, geometry.padding), geometry.stride), filter, bias, groups });
    }
    const pointwise = onePixel && groups === 1 && geometry.stride.join() === '1,1' && geometry.padding.join() === '0,0';
    if (pointwise) return linear({ x, weight: tf.reshape(filter, [groupChannels, outChannels]), bias });
    const y = isNative() && hasNativeConv2d(geometry) ? nativeConv2d(x, filter, geometry) : plainConv2d(x, filter, geometry);
    return bias ? addBias(y, bias) : y;
  });
}

/** The composition in tfjs ops: zeros around x, zeros between the taps of the filter, one convolution a group. */
export function plainConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, { stride, padding, dilation, groups }: Conv2dGeometry): tf.Tensor4D {
  return tf.tidy(() => {
    const padded = zeroPadded(x, padding);
    const spread = dilateFilter(filter, dilation);
    if (groups === 1) return tf.conv2d<tf.Tensor4D>(padded, spread, [...stride], 'valid');
    if (filter.shape[2] === 1 && stride[0] === stride[1]) {
      const [height, width, , outChannels] = spread.shape;
      return tf.depthwiseConv2d(
        padded,
        tf.reshape<tf.Rank.R4>(spread, [height, width, groups, outChannels / groups]),
        [...stride],
        'valid',
      );
    }
    const inputs = tf.split(padded, groups, 3) as tf.Tensor4D[];
    const filters = tf.split(spread, groups, 3) as tf.Tensor4D[];
    return tf.concat(
      inputs.map((input, i) => tf.conv2d<tf.Tensor4D>(input, filters[i], [...stride], 'valid')),
      3,
    );
  });
}

/** [kH,kW,I,O] with dilation - 1 zeros between the taps; tfjs has no gradients of dilated convolutions. */
function dilateFilter(filter: tf.Tensor4D, [dilationHeight, dilationWidth]: readonly [number, number]): tf.Tensor4D {
  if (dilationHeight * dilationWidth === 1) return filter;
  const [height, width, inChannels, outChannels] = filter.shape;
  const taps = tf.reshape(filter, [height, 1, width, 1, inChannels * outChannels]);
  const spread = tf.pad(taps, [[0, 0], [0, dilationHeight - 1], [0, 0], [0, dilationWidth - 1], [0, 0]]); // prettier-ignore
  const whole = tf.reshape(spread, [height * dilationHeight, width * dilationWidth, inChannels, outChannels]);
  const size: [number, number] = [(height - 1) * dilationHeight + 1, (width - 1) * dilationWidth + 1];
  return tf.slice(whole, [0, 0, 0, 0], [...size, inChannels, outChannels]) as tf.Tensor4D;
}

function zeroPadded(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  return height + width === 0 ? x : tf.pad(x, [[0, 0], [height, height], [width, width], [0, 0]]); // prettier-ignore
}
