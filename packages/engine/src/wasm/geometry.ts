import * as tf from '@tensorflow/tfjs-core';

/** Attributes that every convolution kernel of tfjs shares. */
export interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** One spatial axis of a convolution: output i reads the padded input at i * stride + tap * dilation - before. */
export interface ConvolutionAxis {
  readonly input: number;
  readonly output: number;
  readonly taps: number; // filter size
  readonly stride: number;
  readonly dilation: number;
  readonly before: number; // padding before the first element
}

/** Rows and columns of a convolution of an input [N,H,W,C] with a filter [kh,kw,C,M]. */
export function convolutionAxes(
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, dilations = 1, pad, dimRoundingMode }: ConvolutionAttributes,
  depthwise: boolean,
): [ConvolutionAxis, ConvolutionAxis] {
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
  return [
    {
      input: info.inHeight,
      output: info.outHeight,
      taps: info.filterHeight,
      stride: info.strideHeight,
      dilation: info.dilationHeight,
      before: info.padInfo.top,
    },
    {
      input: info.inWidth,
      output: info.outWidth,
      taps: info.filterWidth,
      stride: info.strideWidth,
      dilation: info.dilationWidth,
      before: info.padInfo.left,
    },
  ];
}

/** Number of padded input elements that the outputs of an axis read. */
const extent = ({ output, stride, taps, dilation }: ConvolutionAxis): number => (output - 1) * stride + (taps - 1) * dilation + 1;

/** The number of zeros after the last element of an axis that its outputs read. */
const after = (axis: ConvolutionAxis): number => Math.max(0, extent(axis) - axis.input - axis.before);

/** The padding of a convolution in numbers. */
export const explicitPadding = ([rows, columns]: [ConvolutionAxis, ConvolutionAxis]): tf.backend_util.ExplicitPadding => [
  [0, 0],
  [rows.before, after(rows)],
  [columns.before, after(columns)],
  [0, 0],
];

/** What each filter tap sees: kh * kw tensors [N,oh,ow,C] of the input [N,H,W,C], taps in row-major order. */
export function inputTaps(x: tf.Tensor4D, axes: [ConvolutionAxis, ConvolutionAxis]): tf.Tensor4D[] {
  const [rows, columns] = axes;
  const [n, , , channels] = x.shape;
  const padded = tf.pad(x, explicitPadding(axes));
  const taps: tf.Tensor4D[] = [];
  for (let row = 0; row < rows.taps; row++) {
    for (let column = 0; column < columns.taps; column++) {
      const [top, left] = [row * rows.dilation, column * columns.dilation];
      const end = [n, top + (rows.output - 1) * rows.stride + 1, left + (columns.output - 1) * columns.stride + 1, channels];
      taps.push(tf.stridedSlice(padded, [0, top, left, 0], end, [1, rows.stride, columns.stride, 1]) as tf.Tensor4D);
    }
  }
  return taps;
}

/**
 * The output gradient [N,oh,ow,C] spread so that a stride-1 'valid' convolution with the mirrored filter gives the input
 * gradient: stride - 1 zeros between its elements, and as many at its edges as the padding took.
 */
export function spreadOutputGradient(dy: tf.Tensor4D, [rows, columns]: [ConvolutionAxis, ConvolutionAxis]): tf.Tensor4D {
  return spreadAxis(spreadAxis(dy, 1, rows), 2, columns);
}

function spreadAxis(dy: tf.Tensor4D, axis: 1 | 2, geometry: ConvolutionAxis): tf.Tensor4D {
  const { input, output, taps, stride, dilation, before } = geometry;
  const reach = (taps - 1) * dilation;
  const lead = reach - before; // negative where the padding is wider than the filter: those outputs saw padding alone
  const tail = input + reach - lead - ((output - 1) * stride + 1);
  let spread = dy;
  if (stride > 1) {
    const [n, h, w, c] = dy.shape;
    const rest = axis === 1 ? w * c : c;
    const stuffed = tf.pad(tf.reshape(dy, [-1, 1, rest]), [
      [0, 0],
      [0, stride - 1],
      [0, 0],
    ]);
    const shape: [number, number, number, number] = axis === 1 ? [n, h * stride, w, c] : [n, h, w * stride, c];
    spread = trim(tf.reshape(stuffed, shape), axis, 0, stride - 1);
  }
  const cropped = trim(spread, axis, Math.max(0, -lead), Math.max(0, -tail));
  const ends: [number, number] = [Math.max(0, lead), Math.max(0, tail)];
  const none: [number, number] = [0, 0];
  return tf.pad(cropped, axis === 1 ? [none, ends, none, none] : [none, none, ends, none]);
}

/** Without the first `before` and the last `after` elements of an axis. */
function trim(x: tf.Tensor4D, axis: 1 | 2, before: number, after: number): tf.Tensor4D {
  if (before === 0 && after === 0) return x;
  const begin: [number, number, number, number] = [0, 0, 0, 0];
  const size: [number, number, number, number] = [...x.shape];
  begin[axis] = before;
  size[axis] -= before + after;
  return tf.slice(x, begin, size);
}
