export { alignedCenterCrop, alignedCrop, gridOffset, type AlignedGrids, type AlignedWindows, type GridOffset } from './aligned-crop.js';
export { ChannelStatistics, type BandSummary } from './channel-statistics.js';
export { addPerlinClouds, type AddCloudsOptions, type CloudyImage } from './clouds/add-perlin-clouds.js';
export { blendClouds, type BlendedImage, type BlendOptions } from './clouds/blend-clouds.js';
export { cloudMaskFromNoise, type CloudLevels } from './clouds/cloud-mask-from-noise.js';
export { cloudNoiseScales, type CloudNoiseScales, type ScaleOptions } from './clouds/cloud-noise-scales.js';
export { cloudPresets, type CloudPreset, type CloudPresetName } from './clouds/cloud-presets.js';
export { type Field, type Shape } from './clouds/field.js';
export { fractalNoise2d, squashNoise, type FractalOptions } from './clouds/fractal-noise.js';
export { localGaussianBlur } from './clouds/local-gaussian-blur.js';
export { perBandCloudMask, type BandShifts } from './clouds/per-band-cloud-mask.js';
export { perlinNoise2d, type Fade, type GradientLattice, type PerlinOptions } from './clouds/perlin-noise.js';
export { permutationNoise2d, type PermutationNoiseOptions } from './clouds/permutation-noise.js';
export { simulateClouds, type CloudParameters, type SimulatedClouds, type SimulateOptions } from './clouds/simulate-clouds.js';
export { synthesizePerlinClouds, type PerlinCloudOptions, type PerlinClouds } from './clouds/synthesize-perlin-clouds.js';
export {
  decodeColorLabels,
  encodeColorLabels,
  type Color,
  type DecodeColorOptions,
  type DecodedLabels,
  type EncodeColorOptions,
} from './color-labels.js';
export { DatasetError } from './layouts/dataset-error.js';
export { type BandRange, type DatasetDescription, type IndexOptions, type LabelCoding, type SampleFiles } from './layouts/description.js';
export { describeDataset, indexDataset, type Sample } from './layouts/index-dataset.js';
export { type LabelMap, type PixelArray, type Planar, type Window } from './planar.js';
export { fusionLoading, fusionScoring, fusionTiles, fusionWindows } from './protocols/fusion-protocol.js';
export { seenLabels } from './protocols/seen-labels.js';
export { starsProtocols, starsSamples, starsWindows, type StarsDataset, type StarsProtocol } from './protocols/stars-protocol.js';
export { type Geotransform } from './reading/georeference.js';
export { type PixelType } from './reading/pixel-type.js';
export { RasterError } from './reading/raster-error.js';
export { readImage, type Image, type ReadImageOptions } from './reading/read-image.js';
export { readNpy, type NpyArray } from './reading/read-npy.js';
export { readRaster, readRasterInfo, type Raster, type RasterInfo, type ReadRasterOptions } from './reading/read-raster.js';
export { remapLabels, type RemappedLabels, type RemapOptions } from './remap-labels.js';
export { bilinearResample, nearestResample, type BilinearOptions, type NearestOptions } from './resample.js';
export { augment, type AugmentOptions } from './samples/augment.js';
export { batches, type Batch, type BatchOptions } from './samples/batches.js';
export { type Layer } from './samples/image-layer.js';
export { loadSample, type CloudMask, type ImageRole, type LabelLayer, type LoadedSample, type LoadOptions } from './samples/load-sample.js';
export { cachedLoad } from './samples/sample-cache.js';
export { cropSample, turnSample, type Symmetry } from './samples/sample-geometry.js';
export { toTensors, type SampleTensors } from './samples/to-tensors.js';
export { clipScale, divideBy, fillInvalid, percentileStretch, selectBands, standardize, toDecibel, type FilledImage } from './scaling.js';
export { patchSplit, sceneSplit, type SplitOptions } from './splits.js';
export { stableHash } from './stable-hash.js';
export { extractTile, stitchTiles, tileGrid, type ExtractOptions, type StitchOptions, type TileGridOptions } from './tiles.js';
export { makeScene, makeWorld, worldClasses, type World, type WorldScene } from './world/make-world.js';
export { type WorldOptions } from './world/options.js';
export { worldColors, worldLabels, writeM3mCr } from './world/write-m3m-cr.js';
export { worldIdLabels, writeMmovsegPie, type WriteMmovsegPieOptions } from './world/write-mmovseg-pie.js';
export { type WriteWorldOptions } from './world/write-scenes.js';
export { isprsWorldClasses, writeVaihingen, type WriteVaihingenOptions } from './world/write-vaihingen.js';
export { whuWorldLabels, whuWorldSarBands, writeWhuOptSar } from './world/write-whu-opt-sar.js';
export { writeGeotiff, type GeotiffOptions } from './writing/write-geotiff.js';
export { writeNpy, type NpyValues } from './writing/write-npy.js';
export { writePng } from './writing/write-png.js';
