import path from 'node:path';
import { alignedCenterCrop, alignedCrop } from '../aligned-crop.js';
import type { DatasetDescription, LabelCoding } from '../layouts/description.js';
import { describeDataset, type Sample } from '../layouts/index-dataset.js';
import type { LabelMap, PixelArray, Planar, Window } from '../planar.js';
import { translate, type Geotransform } from '../reading/georeference.js';
import { RasterError } from '../reading/raster-error.js';
import { readNpy } from '../reading/read-npy.js';
import { nearestResample } from '../resample.js';
import { extractTile } from '../tiles.js';
import { checkPair } from './check-pair.js';
import { prepareImage, type Layer, type Preprocessing } from './image-layer.js';
import { readLabels } from './label-layer.js';
import { openLayerFile, withEdgeSize, type LayerFile } from './layer-file.js';

export interface LoadOptions {
  readonly crop?: number; // side of a central square
  readonly window?: Window; // on the optical grid
  readonly bands?: readonly string[]; // optical bands to keep, in this order; default: all
  readonly bandOrder?: readonly string[]; // names of the optical file's bands; default: the data set's
  readonly opticalScale?: number; // optical values are divided by it; default: the data set's ranges, else 1
  readonly sarBandOrder?: readonly string[]; // names of the SAR file's bands; default: the data set's
  readonly sarScale?: number;
  readonly dsmScale?: number;
  readonly stretchHeights?: boolean; // heights to [0, 1] by the least and largest of the whole file, instead of a scale; default false
  readonly mean?: readonly number[]; // optical values are standardised instead, with std; of the bands kept
  readonly std?: readonly number[];
  readonly sarMean?: readonly number[];
  readonly sarStd?: readonly number[];
  /** Coarser labels stay as they are (`native`) or are brought to the optical grid, each pixel from the nearest centre (default). */
  readonly labelGrid?: 'optical' | 'native';
  readonly labelLevel?: number; // which class list, where the data set has several; default 1
  readonly labels?: LabelCoding; // a class list of one's own, instead of the data set's
  readonly ignoreIndex?: number; // label of pixels that do not count; default 255
  readonly erodedLabels?: boolean; // ISPRS: class borders are ignored; default false
  /** Sensors that are left out: their files are not opened, and nothing stands in for them. */
  readonly missing?: readonly ImageRole[];
  readonly fixSize?: 'edge'; // a height file of another size is cut or its edge repeated; default: an error
}

/** Class ids with their place on the ground. */
export interface LabelLayer extends LabelMap {
  readonly epsg: number | null;
  readonly geotransform: Geotransform | null;
}

/** 1 = cloudy. */
export interface CloudMask {
  readonly data: Uint8Array; // [H,W]
  readonly height: number;
  readonly width: number;
}

/**
 * The pixels of a sample; all lie on the optical grid (without an optical image, on that of the radar or else the height file), but for labels on a
 * `native` one.
 */
export interface LoadedSample {
  readonly id: string;
  readonly scene: string;
  readonly optical?: Layer;
  readonly cloudy?: Layer;
  readonly cloudFree?: Layer;
  readonly sar?: Layer;
  readonly dsm?: Layer;
  readonly label?: LabelLayer;
  readonly cloudMask?: CloudMask;
  /** How many invalid values of each image were replaced by its mean. */
  readonly filled: Readonly<Partial<Record<ImageRole, number>>>;
}

export const imageRoles = ['optical', 'cloudy', 'cloudFree', 'sar', 'dsm'] as const;
export type ImageRole = (typeof imageRoles)[number];

/** Whose grid a sample lies on: the first that is there. */
const referenceOrder: readonly ImageRole[] = ['optical', 'cloudFree', 'cloudy', 'sar', 'dsm'];

/**
 * Reads the files of a sample, checks that they fit each other, and prepares them: band selection, invalid values, scaling, resampling to the
 * optical grid, crop or window.
 *
 * @throws RasterError naming the file at fault
 */
export async function loadSample(sample: Sample, options: LoadOptions = {}): Promise<LoadedSample> {
  const description = describeDataset(sample.dataset);
  const { coarseGrid } = description;
  const ratio = coarseGrid && coarseGrid.coarseStep / coarseGrid.fineStep;
  const layers = new Map<ImageRole, LayerFile>();
  await Promise.all(
    imageRoles.map(async (role) => {
      const file = sample.files[role];
      if (file !== undefined && !options.missing?.includes(role)) layers.set(role, await openLayerFile(path.join(sample.root, file)));
    }),
  );
  const reference = referenceOrder.map((role) => layers.get(role)).find((layer) => layer !== undefined);
  if (!reference) throw new RasterError(path.join(sample.root, sample.id), 'a sample without any image');
  const dsm = layers.get('dsm');
  if (dsm && options.fixSize === 'edge') layers.set('dsm', withEdgeSize(dsm, reference));
  const label = await openLabel(sample, options);
  for (const layer of [...layers.values(), ...(label ? [label] : [])]) checkPair(reference, layer, ratio);

  const windows = chooseWindows(reference, description, options, label);
  const prepared: Partial<Record<ImageRole, Layer>> = {};
  const filled: Partial<Record<ImageRole, number>> = {};
  await Promise.all(
    [...layers].map(async ([role, layer]) => {
      const result = await onReferenceGrid(reference, layer, windows.fine, preprocessing(description, role, options));
      prepared[role] = result.layer;
      filled[role] = result.filled;
    }),
  );
  return {
    id: sample.id,
    scene: sample.scene,
    ...inOrder(prepared),
    ...(label ? { label: await loadLabel(reference, label, description, windows, options) } : {}),
    ...(sample.files.cloudMask === undefined ? {} : { cloudMask: await loadCloudMask(sample, reference, windows.fine) }),
    filled,
  };
}

/** The fields in the order of `imageRoles`, whichever file was read first. */
const inOrder = (layers: Partial<Record<ImageRole, Layer>>): Partial<Record<ImageRole, Layer>> =>
  Object.fromEntries(imageRoles.filter((role) => layers[role]).map((role) => [role, layers[role]]));

function openLabel({ root, files }: Sample, { erodedLabels = false }: LoadOptions): Promise<LayerFile> | undefined {
  const file = erodedLabels ? files.labelEroded : files.label;
  if (file !== undefined) return openLayerFile(path.join(root, file));
  if (erodedLabels && files.label !== undefined) throw new RasterError(path.join(root, files.label), 'there is no eroded label beside it');
  return undefined;
}

interface Windows {
  readonly fine: Window; // on the reference grid
  readonly label: Window; // on the grid of the label file, where labels stay on it
}

function chooseWindows(
  reference: LayerFile,
  { coarseGrid }: DatasetDescription,
  { crop, window, labelGrid = 'optical' }: LoadOptions,
  label: LayerFile | undefined,
): Windows {
  const { width, height } = reference;
  const native = labelGrid === 'native' && label !== undefined && label.width !== width;
  try {
    if (window && crop !== undefined) throw new RangeError('give a crop or a window, not both');
    if (window) {
      const [y, x, h, w] = window;
      const inside = window.every(Number.isInteger) && y >= 0 && x >= 0 && h > 0 && w > 0 && y + h <= height && x + w <= width;
      if (!inside) throw new RangeError(`window [${window.join(', ')}] does not lie in the image of ${height} rows and ${width} columns`);
    }
    if (window && native && coarseGrid) {
      const steps = [window[0] / coarseGrid.fineStep, window[1] / coarseGrid.fineStep] as const;
      if (!steps.every(Number.isInteger) || window[2] !== window[3]) {
        throw new RangeError(
          `window [${window.join(', ')}] must be a square whose corner is a multiple of ${coarseGrid.fineStep}: labels stay on the coarse grid`,
        );
      }
      return { fine: window, label: alignedCrop({ crop: window[2], ...coarseGrid }, steps).coarse };
    }
    if (crop !== undefined && (crop > width || crop > height || crop < 1))
      throw new RangeError(`a crop of ${crop} does not fit ${width} x ${height} pixels`);
    if (crop !== undefined && native && coarseGrid) {
      const rows = alignedCenterCrop({ size: height, crop, ...coarseGrid });
      const columns = alignedCenterCrop({ size: width, crop, ...coarseGrid });
      const join = (from: Window, to: Window): Window => [from[0], to[1], from[2], to[3]];
      return { fine: join(rows.fine, columns.fine), label: join(rows.coarse, columns.coarse) };
    }
  } catch (error) {
    throw new RasterError(reference.file, error instanceof Error ? error.message : String(error), { cause: error });
  }
  const fine: Window =
    window ?? (crop === undefined ? [0, 0, height, width] : [Math.floor((height - crop) / 2), Math.floor((width - crop) / 2), crop, crop]);
  return { fine, label: label && native ? [0, 0, label.height, label.width] : fine };
}

function preprocessing(description: DatasetDescription, role: ImageRole, options: LoadOptions): Preprocessing {
  const { bands, ranges, greyAsRgb = false } = description;
  if (role === 'dsm') {
    const { dsmScale: divisor, stretchHeights: stretch } = options;
    return { order: ['height'], bands: ['height'], greyAsRgb: false, divisor, stretch };
  }
  if (role === 'sar') {
    const { sarMean: mean, sarStd: std, sarScale: divisor, sarBandOrder: order = bands.sar } = options;
    return { order, bands: order, greyAsRgb, mean, std, divisor, range: ranges?.sar };
  }
  const { mean, std, opticalScale: divisor, bandOrder: order = bands.optical } = options;
  return { order, bands: options.bands ?? order, greyAsRgb, mean, std, divisor, range: ranges?.optical };
}

/** Prepares the window of a layer; a coarse one is prepared whole and brought to the reference grid first. */
async function onReferenceGrid(
  reference: LayerFile,
  layer: LayerFile,
  window: Window,
  steps: Preprocessing,
): Promise<{ layer: Layer; filled: number }> {
  const place = {
    bandNames: steps.bands,
    epsg: reference.epsg,
    geotransform: reference.geotransform && translate(reference.geotransform, window[0], window[1]),
  };
  if (layer.width === reference.width) {
    const { image, filled } = await prepareImage(layer, window, steps);
    return { layer: { ...image, ...place }, filled };
  }
  const { image, filled } = await prepareImage(layer, [0, 0, layer.height, layer.width], steps);
  return { layer: { ...toReference(image, reference, window), ...place }, filled };
}

const toReference = <T extends Float32Array | Int32Array>(image: Planar<T>, { height, width }: LayerFile, window: Window): Planar<T> =>
  extractTile(nearestResample(image, { size: [height, width] }), window);

async function loadLabel(
  reference: LayerFile,
  label: LayerFile,
  description: DatasetDescription,
  windows: Windows,
  { labelGrid = 'optical', labelLevel = 1, labels: coding = codingOf(description, labelLevel), ignoreIndex = 255 }: LoadOptions,
): Promise<LabelLayer> {
  const ownGrid = label.width === reference.width || labelGrid === 'native';
  if (ownGrid) {
    const map = await readLabels(label, windows.label, coding, ignoreIndex);
    const geotransform = label.geotransform && translate(label.geotransform, windows.label[0], windows.label[1]);
    return { ...map, epsg: label.epsg, geotransform };
  }
  const whole = await readLabels(label, [0, 0, label.height, label.width], coding, ignoreIndex);
  const { data, height, width } = toReference({ ...whole, bands: 1 }, reference, windows.fine);
  const geotransform = reference.geotransform && translate(reference.geotransform, windows.fine[0], windows.fine[1]);
  return { data, height, width, epsg: reference.epsg, geotransform };
}

function codingOf({ name, labels, labelLevels }: DatasetDescription, level: number): LabelCoding {
  const coding = labelLevels ? labelLevels[level] : level === 1 ? labels : undefined;
  if (coding) return coding;
  throw new RangeError(`loadSample: ${name} has no labels of level ${level}`);
}

async function loadCloudMask({ root, files }: Sample, { file, height, width }: LayerFile, [y, x, h, w]: Window): Promise<CloudMask> {
  const maskFile = path.join(root, files.cloudMask as string);
  const { data, shape } = await readNpy(maskFile);
  if (shape.length !== 2 || shape[0] !== height || shape[1] !== width) {
    throw new RasterError(maskFile, `has the shape (${shape.join(', ')}), expected (${height}, ${width}), the rows and columns of ${file}`);
  }
  const tile = extractTile({ data, bands: 1, height, width }, [y, x, h, w]);
  return { data: isCloudy(tile.data), height: h, width: w };
}

function isCloudy(values: PixelArray): Uint8Array {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i++) mask[i] = values[i] === 0 ? 0 : 1;
  return mask;
}
