import {
  addPerlinClouds,
  alignedCenterCrop,
  bilinearResample,
  blendClouds,
  ChannelStatistics,
  clipScale,
  cloudMaskFromNoise,
  cloudNoiseScales,
  decodeColorLabels,
  encodeColorLabels,
  extractTile,
  fillInvalid,
  fractalNoise2d,
  gridOffset,
  indexDataset,
  loadSample,
  localGaussianBlur,
  nearestResample,
  patchSplit,
  perBandCloudMask,
  percentileStretch,
  perlinNoise2d,
  permutationNoise2d,
  readImage,
  readNpy,
  readRaster,
  readRasterInfo,
  remapLabels,
  sceneSplit,
  selectBands,
  squashNoise,
  stableHash,
  standardize,
  stitchTiles,
  tileGrid,
  toDecibel,
  type Field,
  type GradientLattice,
  type IndexOptions,
  type LabelMap,
  type LoadOptions,
  type PixelArray,
  type Planar,
} from '@rs/datasets';
import type { HostTensor } from '@rs/weights';
import { hostCase, type Adapter, type Adapters } from '../adapter.js';
import type { Case, Config } from '../case.js';

type Options = never; // the names and values of a case's config are those of the function's options

const image = ({ shape: [bands, height, width], data }: HostTensor): Planar => ({ data: data as PixelArray, bands, height, width });

/** [H,W,3] of a case -> [3,H,W]. */
const colorImage = ({ shape: [height, width, bands], data }: HostTensor): Planar => {
  const planes = Array.from({ length: bands }, (_, band) =>
    Array.from({ length: height * width }, (__, i) => Number(data[i * bands + band])),
  );
  return { data: Uint8Array.from(planes.flat()), bands, height, width };
};

const labelMap = ({ shape: [height, width], data }: HostTensor): LabelMap => ({ data: Int32Array.from(data as Int32Array), height, width });
const asTensor = ({ data, bands, height, width }: Planar) => ({ shape: [bands, height, width], data });
const asMap = ({ data, height, width }: { data: PixelArray; height: number; width: number }) => ({ shape: [height, width], data });

const field = ({ shape: [height, width], data }: HostTensor): Field => ({ data: data as Float32Array, height, width });
const lattice = (tensor: HostTensor): GradientLattice => field(tensor);

/** The inputs `<prefix>0`, `<prefix>1`, ... in order. */
const numbered = (inputs: ReadonlyMap<string, HostTensor>, prefix: string): HostTensor[] =>
  Array.from({ length: inputs.size }, (_, k) => inputs.get(`${prefix}${k}`)).filter((tensor) => tensor !== undefined);

/** A function of one image and options that gives one image. */
const imageCase = (call: (input: Planar, config: Options) => Planar): Adapter =>
  hostCase(({ config }, inputs) => ({ image: asTensor(call(image(inputs.get('image') as HostTensor), config as Options)) }));

/** Where a case's `file` or `root` lies; an error must mention it as the case gives it, which the end of the path does. */
const located = (theCase: Case): Config => {
  const { file, root, ...rest } = theCase.config;
  return { ...rest, ...(file ? { file: theCase.locate(file) } : {}), ...(root ? { root: theCase.locate(root) } : {}) };
};

const ids = (splits: Readonly<Record<string, readonly { id: string }[]>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(splits).map(([split, patches]) => [split, patches.map(({ id }) => id)]));

export const adapters: Adapters = {
  'datasets/readRaster': hostCase(async (theCase) => {
    const { file, ...options } = located(theCase);
    const { width, height, bands, dtype, nodata, epsg, geotransform } = await readRasterInfo(file);
    const pixels = asTensor(await readRaster(file, options));
    return { width, height, bands, dtype, nodata, epsg, geotransform, pixels };
  }),
  'datasets/readImage': hostCase(async (theCase) => {
    const { file, raw } = located(theCase);
    const { palette, ...pixels } = await readImage(file, { raw });
    return { width: pixels.width, height: pixels.height, channels: pixels.bands, palette, pixels: asTensor(pixels) };
  }),
  'datasets/readNpy': hostCase(async (theCase) => {
    const { data, shape, dtype } = await readNpy(located(theCase).file);
    return { shape, dtype, values: { shape, data } };
  }),
  'datasets/indexDataset': hostCase(async (theCase) => ({ samples: await indexDataset(located(theCase) as IndexOptions) })),
  'datasets/loadSample': hostCase(async (theCase) => {
    const { index, ...config } = located(theCase);
    const samples = await indexDataset(config as unknown as IndexOptions);
    const { label, cloudMask, optical, cloudy, cloudFree, sar, dsm } = await loadSample(samples[index], config as LoadOptions);
    const images = Object.entries({ optical, cloudy, cloudFree, sar, dsm }).flatMap(([role, layer]) =>
      layer ? [[role, asTensor(layer)]] : [],
    );
    return {
      ...Object.fromEntries(images),
      ...(label ? { label: asMap(label) } : {}),
      ...(cloudMask ? { cloudMask: asMap(cloudMask) } : {}),
    };
  }),

  'datasets/decodeColorLabels': hostCase(({ config }, inputs) => {
    const { labels, unknownCount } = decodeColorLabels(colorImage(inputs.get('image') as HostTensor), config as Options);
    return { labels: asMap(labels), unknownCount };
  }),
  'datasets/encodeColorLabels': hostCase(({ config }, inputs) => {
    const { data, bands, height, width } = encodeColorLabels(labelMap(inputs.get('labels') as HostTensor), config as Options);
    const pixels = height * width;
    return { image: { shape: [height, width, bands], data: data.map((_, i) => data[(i % bands) * pixels + Math.floor(i / bands)]) } };
  }),
  'datasets/remapLabels': hostCase(({ config }, inputs) => {
    const { labels, unknownCount } = remapLabels(labelMap(inputs.get('labels') as HostTensor), config as Options);
    return { labels: asMap(labels), unknownCount };
  }),

  'datasets/tileGrid': hostCase(({ config }) => {
    const windows = tileGrid(config as Options);
    return { count: windows.length, windows };
  }),
  'datasets/extractTile': hostCase(({ config: { window, ...options } }, inputs) => ({
    tile: asTensor(extractTile(image(inputs.get('image') as HostTensor), window, options)),
  })),
  'datasets/stitchTiles': hostCase(({ config }, inputs) => {
    const { shape, data } = inputs.get('tiles') as HostTensor;
    const [count, bands, height, width] = shape;
    const size = bands * height * width;
    const tiles = Array.from({ length: count }, (_, i) => ({
      data: (data as Float32Array).subarray(i * size, (i + 1) * size),
      bands,
      height,
      width,
    }));
    return { image: asTensor(stitchTiles(tiles, config as Options)) };
  }),
  'datasets/stableHash': hostCase(({ config }) => ({ values: config.strings.map(stableHash) })),
  'datasets/sceneSplit': hostCase(({ config }) => sceneSplit(config.scenes, config as Options)),
  'datasets/patchSplit': hostCase(({ config }) =>
    ids(patchSplit<string, { id: string; scene: string }>(config.patches, config as Options)),
  ),

  'datasets/nearestResample': imageCase(nearestResample),
  'datasets/bilinearResample': imageCase(bilinearResample),
  'datasets/clipScale': imageCase(clipScale),
  'datasets/toDecibel': imageCase(toDecibel),
  'datasets/percentileStretch': imageCase(percentileStretch),
  'datasets/standardize': imageCase(standardize),
  'datasets/selectBands': imageCase(selectBands),
  'datasets/fillInvalid': hostCase(({ config }, inputs) => {
    const { image: whole, filled } = fillInvalid(image(inputs.get('image') as HostTensor), config as Options);
    return { image: asTensor(whole), filled };
  }),
  'datasets/ChannelStatistics': hostCase(({ config: { batches, ...options } }, inputs) => {
    const { shape, data } = inputs.get('images') as HostTensor;
    const [, bands, height, width] = shape;
    const size = bands * height * width;
    const statistics = new ChannelStatistics(options);
    let start = 0;
    for (const count of batches as number[]) {
      // the images of a batch side by side are one image, as far as statistics go
      const batch = (data as Float32Array).subarray(start * size, (start + count) * size);
      const joined = new Float32Array(batch.length);
      const pixels = height * width;
      for (let i = 0; i < count; i++) {
        for (let band = 0; band < bands; band++) {
          joined.set(batch.subarray(i * size + band * pixels, i * size + (band + 1) * pixels), (band * count + i) * pixels);
        }
      }
      statistics.update({ data: joined, bands, height: height * count, width });
      start += count;
    }
    return { ...statistics.summary() };
  }),
  'datasets/alignedCenterCrop': hostCase(({ config }) => ({ ...alignedCenterCrop(config as Options) })),
  'datasets/gridOffset': hostCase(({ config }) => ({ ...gridOffset(config.a, config.b) })),

  'datasets/perlinNoise2d': hostCase(({ config }, inputs) => ({
    noise: asMap(perlinNoise2d(lattice(inputs.get('gradients') as HostTensor), config as Options)),
  })),
  'datasets/permutationNoise2d': hostCase(({ config }, inputs) => ({
    noise: asMap(
      permutationNoise2d({
        permutation: inputs.get('permutation')?.data as Int32Array,
        gradientTable: inputs.get('gradientTable')?.data as Float32Array,
        ...(config as { frequency: number; offset: [number, number]; shape: [number, number] }),
      }),
    ),
  })),
  'datasets/fractalNoise2d': hostCase(({ config }, inputs) => ({
    noise: asMap(fractalNoise2d(numbered(inputs, 'gradients').map(lattice), config as Options)),
  })),
  'datasets/squashNoise': hostCase(({ config }, inputs) => ({
    noise: asMap(squashNoise(field(inputs.get('noise') as HostTensor), config as Options)),
  })),
  'datasets/cloudNoiseScales': hostCase(({ config }) => ({ ...cloudNoiseScales(config as Options) })),
  'datasets/cloudMaskFromNoise': hostCase(({ config }, inputs) => ({
    mask: asMap(cloudMaskFromNoise(numbered(inputs, 'noise').map(field), config as Options)),
  })),
  'datasets/perBandCloudMask': hostCase(({ config }, inputs) => {
    const weights = Array.from(inputs.get('weights')?.data as Float32Array);
    return { masks: asTensor(perBandCloudMask(field(inputs.get('mask') as HostTensor), { weights, offsets: config.offsets })) };
  }),
  'datasets/localGaussianBlur': hostCase((_, inputs) => ({
    blurred: asTensor(localGaussianBlur(image(inputs.get('image') as HostTensor), field(inputs.get('sigma') as HostTensor))),
  })),
  'datasets/blendClouds': hostCase(({ config }, inputs) => {
    const given = inputs.get('reflectance')?.data;
    const reflectance = given && Array.from(given as Float32Array);
    const [ground, alpha] = ['image', 'alpha'].map((name) => image(inputs.get(name) as HostTensor));
    const { cloudy, base } = blendClouds(ground, alpha, { ...config, reflectance });
    return { cloudy: asTensor(cloudy), base: asTensor(base) };
  }),
  'datasets/addPerlinClouds': hostCase(({ config }, inputs) => {
    const clouds = addPerlinClouds(image(inputs.get('image') as HostTensor), field(inputs.get('mask') as HostTensor), config as Options);
    return { cloudy: asTensor(clouds.cloudy), cloudMask: asMap(clouds.cloudMask) };
  }),
};
