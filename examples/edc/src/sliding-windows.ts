import * as tf from '@tensorflow/tfjs-core';
import { tileGrid } from '@rs/datasets';
import { resize } from '@rs/nn';

/** What a network says of one whole patch: logits on the label grid, the reconstruction on the image grid; both on the host, channels last. */
export interface PatchPrediction {
  readonly logits: Float32Array; // [h,w,K]
  readonly reconstruction?: Float32Array; // [H,W,C], not clipped
}

/** A network in eval mode: logits before they are resized, and the reconstruction where it has one. */
export type Forward = (inputs: ForwardInputs) => { readonly headLogits: tf.Tensor4D; readonly reconstruction?: tf.Tensor4D };
export type ForwardInputs = { readonly optical: tf.Tensor4D; readonly sar: tf.Tensor4D };

export interface WindowOptions {
  readonly window: number; // pixels a side of what the network sees at once
  readonly stride: number;
  readonly microBatch: number; // windows a forward pass
}

/**
 * Logits averaged where windows overlap, the last window shifted to fit (spec/edc.md, section 9). Labels may lie on a coarser grid than the images:
 * a window's logits are resized to its share of that grid first.
 *
 * @param optical [1,H,W,C], sar [1,H,W,S]
 * @param labelSize [h,w] of the label grid; window and window positions must fall on whole label pixels
 */
export function predictPatch(
  forward: Forward,
  optical: tf.Tensor4D,
  sar: tf.Tensor4D,
  labelSize: readonly [number, number],
  { window, stride, microBatch }: WindowOptions,
): PatchPrediction {
  const [, height, width, channels] = optical.shape;
  const ratio = labelSize[0] / height;
  const windows = tileGrid({ height, width, tile: window, overlap: window - stride, edge: 'shift' });
  const logits = new Average(labelSize[0], labelSize[1]);
  const reconstruction = new Average(height, width);
  for (let first = 0; first < windows.length; first += microBatch) {
    const group = windows.slice(first, first + microBatch);
    const [, , h, w] = group[0];
    const coarse: [number, number] = [onGrid(h * ratio), onGrid(w * ratio)];
    const outputs = tf.tidy(() => {
      const cut = (image: tf.Tensor4D): tf.Tensor4D =>
        tf.concat(group.map(([y, x]) => tf.slice(image, [0, y, x, 0], [1, h, w, image.shape[3]])));
      const { headLogits, reconstruction: cloudFree } = forward({ optical: cut(optical), sar: cut(sar) });
      return { logits: resize(headLogits, { size: coarse, mode: 'bilinear' }), ...(cloudFree && { reconstruction: cloudFree }) };
    });
    const scores = outputs.logits.dataSync() as Float32Array;
    const colours = outputs.reconstruction?.dataSync() as Float32Array | undefined;
    group.forEach(([y, x], i) => {
      logits.add(scores, i, onGrid(y * ratio), onGrid(x * ratio), coarse[0], coarse[1], outputs.logits.shape[3]);
      if (colours) reconstruction.add(colours, i, y, x, h, w, channels);
    });
    tf.dispose([outputs.logits, ...(outputs.reconstruction ? [outputs.reconstruction] : [])]);
  }
  const colours = reconstruction.mean();
  return { logits: logits.mean()!, ...(colours && { reconstruction: colours }) };
}

function onGrid(position: number): number {
  const rounded = Math.round(position);
  if (Math.abs(rounded - position) > 1e-6)
    throw new RangeError(`a window edge falls on ${position} of the label grid, expected a whole pixel`);
  return rounded;
}

/** Sums windows into one map and divides by how many covered each pixel. */
class Average {
  #sum?: Float64Array;
  #channels = 0;
  readonly #covered: Uint16Array;

  constructor(
    private readonly height: number,
    private readonly width: number,
  ) {
    this.#covered = new Uint16Array(height * width);
  }

  /** Adds window `index` of values [n,h,w,c] with its upper left corner at (y, x). */
  add(values: Float32Array, index: number, y: number, x: number, h: number, w: number, c: number): void {
    this.#channels = c;
    const sum = (this.#sum ??= new Float64Array(this.height * this.width * c));
    for (let row = 0; row < h; row++) {
      let from = (index * h + row) * w * c;
      let pixel = (y + row) * this.width + x;
      for (let column = 0; column < w; column++, pixel++) {
        this.#covered[pixel]++;
        for (let k = 0; k < c; k++) sum[pixel * c + k] += values[from++];
      }
    }
  }

  mean(): Float32Array | undefined {
    const sum = this.#sum;
    return sum && Float32Array.from(sum, (value, i) => value / this.#covered[Math.floor(i / this.#channels)]);
  }
}
