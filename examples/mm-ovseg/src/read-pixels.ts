import { RasterError, readImage, readRaster } from '@rs/datasets';
import * as tf from '@tensorflow/tfjs-core';

/** An image of 8 bits, PNG, JPEG or TIFF, as [H,W,3] in 0..255; one band is repeated, of more than three the first three are taken. @throws RasterError */
export async function readPixels(file: string): Promise<tf.Tensor3D> {
  const image = /\.tiff?$/i.test(file) ? await readRaster(file) : await readImage(file);
  const { data, bands, height, width } = image;
  if (!(data instanceof Uint8Array)) {
    throw new RasterError(file, `must have values of 8 bits, found ${data.constructor.name}; stretch it to 0..255 first`);
  }
  if (bands === 2) throw new RasterError(file, 'must have one band or three, found 2');
  return tf.tidy(() => {
    const all = tf.transpose(tf.tensor3d(Float32Array.from(data), [bands, height, width]), [1, 2, 0]);
    return bands === 1 ? tf.tile(all, [1, 1, 3]) : tf.slice3d(all, [0, 0, 0], [height, width, 3]);
  });
}
