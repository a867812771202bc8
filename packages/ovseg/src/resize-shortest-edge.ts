import * as tf from '@tensorflow/tfjs-core';

export interface ShortestEdgeOptions {
  readonly edge?: number; // pixels of the shorter side; default 384
  readonly maxSize?: number; // bound of the longer side, which then decides; default 1333
}

/**
 * An image with its shorter side at `edge`, as the Python Imaging Library's bilinear resampling of 8-bit images does it (within one value, as
 * that computes in fixed point): a triangle as wide as the pixels of the smaller image, across, then down, rounded each time.
 *
 * @param image [H,W,C], values 0..255
 * @returns [H',W',C], whole values
 */
export function resizeShortestEdge(image: tf.Tensor3D, options: ShortestEdgeOptions = {}): tf.Tensor3D {
  const [height, width, channels] = image.shape;
  const [rows, columns] = sizeOf('resizeShortestEdge', height, width, options);
  return tf.tidy(() => {
    const across = columns === width ? image : rounded(tf.matMul<tf.Tensor3D>(triangles(width, columns), image));
    if (rows === height) return tf.clone(across);
    const down = tf.matMul<tf.Tensor3D>(triangles(height, rows), tf.reshape(across, [1, height, columns * channels]) as tf.Tensor3D);
    return tf.reshape(rounded(down), [rows, columns, channels]);
  });
}

/**
 * A label map with its shorter side at `edge`: the label at floor(i H / H') of each axis.
 *
 * @param label int32 [H,W]
 * @returns int32 [H',W']
 */
export function resizeLabel(label: tf.Tensor2D, options: ShortestEdgeOptions = {}): tf.Tensor2D {
  const [height, width] = label.shape;
  const [rows, columns] = sizeOf('resizeLabel', height, width, options);
  const indices = (size: number, outputs: number): tf.Tensor1D =>
    tf.tensor1d(
      Array.from({ length: outputs }, (_, i) => Math.floor((i * size) / outputs)),
      'int32',
    );
  return tf.tidy(() => tf.gather(tf.gather(label, indices(height, rows), 0), indices(width, columns), 1));
}

/** [H',W'], rounded half up, one pixel at least. */
function sizeOf(what: string, height: number, width: number, { edge = 384, maxSize = 1333 }: ShortestEdgeOptions): [number, number] {
  if (!Number.isInteger(edge) || edge < 1) throw new RangeError(`${what}: edge must be a positive integer, got ${edge}`);
  if (!(maxSize >= 1)) throw new RangeError(`${what}: maxSize must be at least 1, got ${maxSize}`);
  if (height * width === 0) throw new RangeError(`${what}: the image must have pixels, got ${height} x ${width}`);
  const scale = edge / Math.min(height, width);
  const exact = [height * scale, width * scale];
  const bound = Math.max(...exact) > maxSize ? maxSize / Math.max(...exact) : 1;
  const pixels = (size: number): number => Math.max(1, Math.floor(size * bound + 0.5));
  return [pixels(exact[0]), pixels(exact[1])];
}

const rounded = (x: tf.Tensor3D): tf.Tensor3D => tf.floor(tf.add(x, 0.5));

/** Weights of the inputs for each output, [1,outputs,size]. */
function triangles(size: number, outputs: number): tf.Tensor3D {
  const scale = size / outputs;
  const support = Math.max(scale, 1);
  const matrix = new Float32Array(outputs * size);
  for (let i = 0; i < outputs; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(size, Math.floor(centre + support + 0.5));
    const weights = Array.from({ length: end - first }, (_, k) => Math.max(0, 1 - Math.abs((first + k + 0.5 - centre) / support)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    weights.forEach((weight, k) => (matrix[i * size + first + k] = weight / sum));
  }
  return tf.tensor3d(matrix, [1, outputs, size]);
}
