import { decodeColorLabels } from '../color-labels.js';
import type { LabelCoding } from '../layouts/description.js';
import type { LabelMap, Window } from '../planar.js';
import { RasterError } from '../reading/raster-error.js';
import { remapLabels } from '../remap-labels.js';
import type { LayerFile } from './layer-file.js';

/**
 * Class ids [H,W] of a window of a label file: single-band files hold values, RGB files colours. The file's nodata value is ignored.
 *
 * @throws RasterError naming a value or colour that is no class, and a pixel that has it
 */
export async function readLabels(layer: LayerFile, window: Window, coding: LabelCoding, ignoreIndex: number): Promise<LabelMap> {
  const { values, palette, ignoreColors } = coding;
  const stored = await layer.read(window);
  try {
    if (stored.bands === 1 && Object.keys(values).length > 0) {
      const map: Record<number, number> = layer.nodata === null ? {} : { [layer.nodata]: ignoreIndex };
      for (const [value, id] of Object.entries(values)) map[Number(value)] = id === 'ignore' ? ignoreIndex : id;
      return remapLabels(stored, { map }).labels;
    }
    if (stored.bands === 3 && palette) return decodeColorLabels(stored, { palette, ignoreColors, ignoreIndex }).labels;
  } catch (error) {
    const [y, x] = window;
    const place = y > 0 || x > 0 ? ` (rows and columns from ${y}, ${x})` : '';
    throw new RasterError(layer.file, `${error instanceof Error ? error.message : String(error)}${place}`, { cause: error });
  }
  const expected = [Object.keys(values).length > 0 ? '1 band of class values' : '', palette ? '3 bands of class colours' : ''].filter(
    Boolean,
  );
  throw new RasterError(layer.file, `a label file with ${stored.bands} bands, expected ${expected.join(' or ')}`);
}
