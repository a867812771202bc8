import * as tf from '@tensorflow/tfjs-core';
import type { PixelArray } from '../planar.js';
import { imageRoles, type LoadedSample } from './load-sample.js';

/** Tensors of several samples; `tf.dispose(tensors)` frees them, which takes a type alias: an interface is no `TensorContainer`. */
export type SampleTensors = {
  readonly optical?: tf.Tensor4D; // [N,H,W,C] float32, like all images
  readonly cloudy?: tf.Tensor4D;
  readonly cloudFree?: tf.Tensor4D;
  readonly sar?: tf.Tensor4D;
  readonly dsm?: tf.Tensor4D;
  readonly labels?: tf.Tensor3D; // [N,H,W] int32
  readonly cloudMask?: tf.Tensor3D; // [N,H,W] float32, 1 = cloudy
};

type Raster = { readonly data: PixelArray; readonly height: number; readonly width: number; readonly bands?: number };

/** Stacks what the samples hold, bands last. Throws RangeError where they differ in size or in what they hold. */
export function toTensors(samples: readonly LoadedSample[]): SampleTensors {
  const stacked: Record<string, Stack> = {};
  for (const role of imageRoles) addStack(stacked, role, samples, (sample) => sample[role]);
  addStack(stacked, 'labels', samples, (sample) => sample.label);
  addStack(stacked, 'cloudMask', samples, (sample) => sample.cloudMask);
  // All sizes have been checked: from here on nothing fails, so no tensor is left behind.
  const tensors = Object.entries(stacked).map(([role, { shape, rasters }]): [string, tf.Tensor] => {
    if (role === 'labels') return [role, tf.tensor(stackLast(new Int32Array(size(shape)), rasters), shape, 'int32')];
    return [role, tf.tensor(stackLast(new Float32Array(size(shape)), rasters), shape)];
  });
  return Object.fromEntries(tensors) as SampleTensors;
}

interface Stack {
  readonly shape: number[];
  readonly rasters: readonly Raster[];
}

function addStack(
  stacked: Record<string, Stack>,
  role: string,
  samples: readonly LoadedSample[],
  pick: (sample: LoadedSample) => Raster | undefined,
): void {
  const first = pick(samples[0]);
  const rasters = samples.map((sample) => {
    const raster = pick(sample);
    if (shapeOf(raster) === shapeOf(first)) return raster;
    throw new RangeError(
      `${role} of sample ${sample.id} is ${shapeOf(raster)}, that of ${samples[0].id} in the same batch is ${shapeOf(first)}: crop them alike`,
    );
  });
  if (!first) return;
  const images = first.bands === undefined ? [] : [first.bands];
  stacked[role] = { shape: [samples.length, first.height, first.width, ...images], rasters: rasters as Raster[] };
}

const shapeOf = (raster: Raster | undefined): string =>
  raster ? `${raster.bands ?? 1} x ${raster.height} x ${raster.width} (bands x rows x columns)` : 'absent';

const size = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** [C,H,W] of each raster -> [N,H,W,C] */
function stackLast<T extends Float32Array | Int32Array>(out: T, rasters: readonly Raster[]): T {
  let start = 0;
  for (const { data, height, width, bands = 1 } of rasters) {
    const pixels = height * width;
    if (bands === 1) out.set(data, start);
    else
      for (let band = 0; band < bands; band++) {
        for (let i = 0, to = start + band; i < pixels; i++, to += bands) out[to] = data[band * pixels + i];
      }
    start += pixels * bands;
  }
  return out;
}
