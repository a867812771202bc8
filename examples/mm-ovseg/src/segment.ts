import * as tf from '@tensorflow/tfjs-core';
import { writePng } from '@rs/datasets';
import { UsageError } from '@rs/experiments';
import { disposeModule } from '@rs/nn';
import { classTokens, postprocess, resizeShortestEdge } from '@rs/ovseg';
import { classMap, landCoverPalette, type Raster } from '@rs/report';
import { modelOf, type CheckpointModel } from './checkpoint-model.js';
import { readPixels } from './read-pixels.js';

export interface SegmentOptions {
  readonly optical: string; // file
  readonly sar?: string; // file; not needed by a model without a SAR encoder
  readonly classes: readonly string[];
  readonly checkpoint: string; // file
  readonly model?: string; // see `modelOf`
  readonly template?: string; // default: that of the model's training
  readonly out?: string; // a PNG in colours; `<out>-ids.png` beside it holds class ids
}

export interface Segmented {
  readonly height: number;
  readonly width: number;
  readonly classes: readonly { readonly name: string; readonly share: number; readonly color: string }[]; // share of the pixels
  readonly files: readonly string[];
}

/** Segments one optical image, with its SAR image, for class names given as text. @throws UsageError, RasterError, WeightsFileError */
export async function segment(options: SegmentOptions): Promise<Segmented> {
  const { classes, checkpoint, out } = options;
  const asked = await modelOf(checkpoint, options.model);
  try {
    if (asked.model.dinoSarmodel && options.sar === undefined)
      throw new UsageError('this model needs --sar, the SAR image of the same place');
    const optical = await readPixels(options.optical);
    const sar = options.sar === undefined ? undefined : await readPixels(options.sar);
    try {
      if (sar && String(sar.shape) !== String(optical.shape)) {
        throw new UsageError(
          `--sar must lie on the grid of --optical (${optical.shape.slice(0, 2).join(' x ')} pixels), found ${sar.shape.slice(0, 2).join(' x ')}`,
        );
      }
      const ids = classIds(asked, { optical, sar, classes, template: options.template ?? asked.template });
      const [height, width] = optical.shape;
      const palette = landCoverPalette(classes);
      const files = out === undefined ? [] : await writeMaps(out, ids, classMap({ shape: [height, width], data: ids }, palette));
      const share = (id: number): number => ids.filter((other) => other === id).length / ids.length;
      return { height, width, classes: palette.classes.map(({ name, color }, id) => ({ name, color, share: share(id) })), files };
    } finally {
      tf.dispose([optical, ...(sar ? [sar] : [])]);
    }
  } finally {
    disposeModule(asked.model);
  }
}

interface Asked {
  readonly optical: tf.Tensor3D;
  readonly sar?: tf.Tensor3D;
  readonly classes: readonly string[];
  readonly template?: string;
}

/** [H,W] class ids, at the size of the optical image */
function classIds({ model, contextLength, edge, activation }: CheckpointModel, { optical, sar, classes, template }: Asked): Int32Array {
  const [height, width] = optical.shape;
  return tf.tidy(() => {
    const prepared = (image: tf.Tensor3D): tf.Tensor4D => tf.expandDims(resizeShortestEdge(image, { edge }), 0);
    const text = model.textFeatures(classTokens(classes, { template, contextLength }));
    const { logits } = model.call({ image: prepared(optical), ...(sar && { sar: prepared(sar) }), text });
    return tf.argMax(postprocess(logits, { height, width, activation }), -1).dataSync() as Int32Array;
  }) as unknown as Int32Array;
}

async function writeMaps(out: string, ids: Int32Array, { width, height, data }: Raster): Promise<string[]> {
  const idsFile = `${out.replace(/\.png$/i, '')}-ids.png`;
  const pixels = width * height;
  const planes = Uint8Array.from({ length: 3 * pixels }, (_, i) => data[(i % pixels) * 3 + Math.floor(i / pixels)]);
  await writePng(out, { bands: 3, height, width, data: planes });
  await writePng(idsFile, { bands: 1, height, width, data: Uint8Array.from(ids) });
  return [out, idsFile];
}
