import * as tf from '@tensorflow/tfjs-core';
import { isNative, rawOp, type Attributes } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';
import { endPadding, padEnds, windowsOf, type Pool2dOptions, type Windows } from './pool-windows.js';

/** Largest value of each window, as PyTorch's max_pool2d (pads with -infinity): [N,H,W,C] -> [N,H',W',C]. */
export function maxPool2d(x: tf.Tensor4D, options: Pool2dOptions): tf.Tensor4D {
  const [height, width] = windowsOf('maxPool2d', x, options);
  return tf.tidy(() => (isNative() ? nativeMaxPool(x, height, width) : plainMaxPool(x, height, width)));
}

/** TensorFlow pads with -infinity by itself. */
function nativeMaxPool(x: tf.Tensor4D, height: Windows, width: Windows): tf.Tensor4D {
  const pads = [height.padding, endPadding(height), width.padding, endPadding(width)];
  const padded = pads.some((size) => size > 0);
  const attributes: Attributes = {
    T: ['type', 'float32'],
    ksize: ['int', [1, height.kernel, width.kernel, 1]],
    strides: ['int', [1, height.stride, width.stride, 1]],
    padding: ['string', padded ? 'EXPLICIT' : 'VALID'],
    ...(padded ? { explicit_paddings: ['int', [0, 0, ...pads, 0, 0]] } : {}),
    data_format: ['string', 'NHWC'],
  };
  return withGradient({
    inputs: { x: x as tf.Tensor },
    forward: (save) => {
      const y = rawOp('MaxPool', attributes, [x]);
      save([x, y]);
      return y;
    },
    backward: (dy, [x, y]) => ({ x: () => rawOp('MaxPoolGrad', attributes, [x, y, dy]) }),
  }) as tf.Tensor4D;
}

/** The gradient is composed: the kernel that tfjs has for it on wasm loses the windows without a positive value. */
function plainMaxPool(x: tf.Tensor4D, height: Windows, width: Windows): tf.Tensor4D {
  return withGradient({
    inputs: { x: x as tf.Tensor },
    forward: (save) => {
      const padded = padEnds(x, height, width, -Infinity);
      const y = tf.maxPool(padded, [height.kernel, width.kernel], [height.stride, width.stride], 'valid');
      save([padded, y]);
      return y;
    },
    backward: (dy, [padded, y]) => ({
      x: () => {
        const dPadded = maxPoolGradient(dy as tf.Tensor4D, padded as tf.Tensor4D, y as tf.Tensor4D, height, width);
        return tf.slice(dPadded, [0, height.padding, width.padding, 0], x.shape);
      },
    }),
  }) as tf.Tensor4D;
}

/** Tap by tap: where it is the first that equals the window's largest value, it gets the window's gradient. */
function maxPoolGradient(dy: tf.Tensor4D, padded: tf.Tensor4D, y: tf.Tensor4D, height: Windows, width: Windows): tf.Tensor4D {
  const [n, h, w, channels] = padded.shape;
  const spanHeight = (height.outputs - 1) * height.stride + 1; // of one tap over all windows
  const spanWidth = (width.outputs - 1) * width.stride + 1;
  const parts: tf.Tensor4D[] = [];
  let unclaimed: tf.Tensor4D = tf.onesLike(y);
  for (let a = 0; a < height.kernel; a++) {
    for (let b = 0; b < width.kernel; b++) {
      const tap = tf.stridedSlice(padded, [0, a, b, 0], [n, a + spanHeight, b + spanWidth, channels], [1, height.stride, width.stride, 1]);
      const chosen: tf.Tensor4D = tf.mul(unclaimed, tf.cast(tf.equal(tap, y), 'float32'));
      unclaimed = tf.sub(unclaimed, chosen);
      const spread = spreadOut(tf.mul(dy, chosen), [height.stride, width.stride]);
      parts.push(tf.pad(spread, [[0, 0], [a, h - a - spanHeight], [b, w - b - spanWidth], [0, 0]])); // prettier-ignore
    }
  }
  return tf.addN(parts);
}

/** [N,H,W,C] -> [N,(H - 1) stride + 1,(W - 1) stride + 1,C], zeros between. */
function spreadOut(x: tf.Tensor4D, [strideHeight, strideWidth]: readonly [number, number]): tf.Tensor4D {
  const [n, h, w, channels] = x.shape;
  if (strideHeight * strideWidth === 1) return x;
  const rows = tf.reshape(x, [n, h, 1, w, channels]);
  const spread = tf.pad(rows, [[0, 0], [0, 0], [0, strideHeight - 1], [0, 0], [0, (strideWidth - 1) * channels]]); // prettier-ignore
  const whole = tf.reshape(spread, [n, h * strideHeight, w * strideWidth, channels]) as tf.Tensor4D;
  return tf.slice(whole, [0, 0, 0, 0], [n, (h - 1) * strideHeight + 1, (w - 1) * strideWidth + 1, channels]);
}
