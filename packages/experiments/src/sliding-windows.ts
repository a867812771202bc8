import * as tf from '@tensorflow/tfjs-core';
import { tileGrid } from '@rs/datasets';
import { resize } from '@rs/nn';

export interface WindowOptions {
  readonly window: number; // pixels a side of what the network sees at once; a smaller image is seen whole
  readonly stride: number;
  readonly microBatch: number; // windows a forward pass
}

/** Images of one grid, by name: [1,H,W,C]. */
export type Images = Readonly<Record<string, tf.Tensor4D>>;

/** What a network says of images [N,h,w,C], by name; an output may be missing. */
export type Outputs = Readonly<Record<string, tf.Tensor4D | undefined>>;

/** An output over the whole image, on the host, channels last: what `@rs/metrics` takes. */
export interface WholeMap {
  readonly shape: readonly [1, number, number, number]; // [1,h,w,K]
  readonly data: Float32Array;
}

export type WholeMaps<O extends Outputs> = { readonly [K in keyof O]: undefined extends O[K] ? WholeMap | undefined : WholeMap };

/**
 * Passes windows of an image through a network, the last of a row or column shifted back to the border, and averages its outputs where windows
 * overlap. The argmax is that of summed logits, too: a pixel's sum and mean differ by a factor.
 *
 * @param forward the network in eval mode, such as a captured function; what it returns is disposed
 * @param images all of one size
 * @param grids the size [h,w] of an output's map where it is not that of the image (labels may lie on a coarser grid): a window's output is
 *   resized (bilinear) to its share of that grid; window and window positions must fall on whole pixels of it
 * @throws RangeError where they do not
 */
export function predictWindows<I extends Images, O extends Outputs>(
  forward: (images: I) => O,
  images: I,
  { window, stride, microBatch, grids = {} }: WindowOptions & { readonly grids?: { readonly [K in keyof O]?: readonly [number, number] } },
): WholeMaps<O> {
  const [, height, width] = Object.values(images)[0].shape;
  const windows = tileGrid({ height, width, tile: window, overlap: window - stride, edge: 'shift' });
  const gridOf = (name: string): readonly [number, number] => grids[name] ?? [height, width];
  const averages = new Map<string, Average>();
  for (let first = 0; first < windows.length; first += microBatch) {
    const group = windows.slice(first, first + microBatch);
    const [, , h, w] = group[0]; // all windows have one size
    const onGrid = (name: string, y: number, x: number): [number, number] => {
      const [rows, columns] = gridOf(name);
      return [wholePixel((y * rows) / height), wholePixel((x * columns) / width)];
    };
    const outputs = tf.tidy(() => {
      const cut = (image: tf.Tensor4D): tf.Tensor4D =>
        tf.concat(group.map(([y, x]) => tf.slice(image, [0, y, x, 0], [1, h, w, image.shape[3]])));
      const present = Object.entries(forward(mapValues(images, cut) as I)).filter(hasOutput);
      return Object.fromEntries(present.map(([name, output]) => [name, resizeTo(output, onGrid(name, h, w))]));
    });
    for (const [name, output] of Object.entries(outputs)) {
      const average = averages.get(name) ?? new Average([...gridOf(name), output.shape[3]]);
      averages.set(name, average);
      const values = output.dataSync() as Float32Array;
      group.forEach(([y, x], i) => average.add(values, i, onGrid(name, y, x), [output.shape[1], output.shape[2]]));
      output.dispose();
    }
  }
  return Object.fromEntries([...averages].map(([name, average]) => [name, average.mean()])) as WholeMaps<O>;
}

const mapValues = (images: Images, map: (image: tf.Tensor4D) => tf.Tensor4D): Images =>
  Object.fromEntries(Object.entries(images).map(([name, image]) => [name, map(image)]));

const hasOutput = (entry: [string, tf.Tensor4D | undefined]): entry is [string, tf.Tensor4D] => entry[1] !== undefined;

const resizeTo = (output: tf.Tensor4D, [h, w]: [number, number]): tf.Tensor4D =>
  output.shape[1] === h && output.shape[2] === w ? output : resize(output, { size: [h, w], mode: 'bilinear' });

function wholePixel(position: number): number {
  const rounded = Math.round(position);
  if (Math.abs(rounded - position) > 1e-6)
    throw new RangeError(`predictWindows: a window edge falls on ${position} of an output's grid, expected a whole pixel`);
  return rounded;
}

/** Sums windows into one map [h,w,K] and divides by how many covered each pixel. */
class Average {
  readonly #sum: Float64Array;
  readonly #covered: Uint16Array;

  constructor(private readonly shape: readonly [number, number, number]) {
    this.#sum = new Float64Array(shape[0] * shape[1] * shape[2]);
    this.#covered = new Uint16Array(shape[0] * shape[1]);
  }

  /** Adds window `index` of values [n,h,w,K] with its upper left corner at (y, x). */
  add(values: Float32Array, index: number, [y, x]: readonly [number, number], [h, w]: readonly [number, number]): void {
    const [, width, channels] = this.shape;
    for (let row = 0; row < h; row++) {
      let from = (index * h + row) * w * channels;
      let pixel = (y + row) * width + x;
      for (let column = 0; column < w; column++, pixel++) {
        this.#covered[pixel]++;
        for (let to = pixel * channels, end = to + channels; to < end; to++) this.#sum[to] += values[from++];
      }
    }
  }

  mean(): WholeMap {
    const data = Float32Array.from(this.#sum, (value, i) => value / this.#covered[Math.floor(i / this.shape[2])]);
    return { shape: [1, ...this.shape], data };
  }
}
