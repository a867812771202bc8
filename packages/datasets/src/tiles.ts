import { arrayLike, assertPlanar, type PixelArray, type Planar, type Window } from './planar.js';

export interface TileGridOptions {
  readonly height: number;
  readonly width: number;
  readonly tile: number; // side of a window
  readonly overlap?: number; // pixels that neighbours share; default 0
  /** The last window of a row or column: moved back to the border, left out unless whole, or run over the border. */
  readonly edge: 'shift' | 'drop' | 'pad';
}

/** The windows that cut an image into tiles, row by row, at steps of tile - overlap; no window twice. */
export function tileGrid({ height, width, tile, overlap = 0, edge }: TileGridOptions): Window[] {
  for (const [name, value] of Object.entries({ height, width, tile })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`tileGrid: ${name} must be a positive integer, got ${value}`);
  }
  if (!Number.isInteger(overlap) || overlap < 0 || overlap >= tile) {
    throw new RangeError(`tileGrid: overlap must be an integer in 0..${tile - 1}, got ${overlap}`);
  }
  const rows = spans(height, tile, tile - overlap, edge);
  const columns = spans(width, tile, tile - overlap, edge);
  return rows.flatMap(([y, h]) => columns.map(([x, w]): Window => [y, x, h, w]));
}

/** [start, length] of the windows along one side. */
function spans(side: number, tile: number, stride: number, edge: TileGridOptions['edge']): [number, number][] {
  if (side < tile) return edge === 'drop' ? [] : [[0, edge === 'pad' ? tile : side]];
  const whole = Math.floor((side - tile) / stride) + 1;
  const result: [number, number][] = Array.from({ length: whole }, (_, i) => [i * stride, tile]);
  const covered = (whole - 1) * stride + tile;
  if (covered < side && edge === 'shift') result.push([side - tile, tile]);
  if (edge === 'pad') for (let start = whole * stride; start - stride + tile < side; start += stride) result.push([start, tile]);
  return result;
}

export interface ExtractOptions {
  readonly pad?: 'reflect' | 'constant'; // beyond the border: mirrored without repeating the edge (default), or `value`
  readonly value?: number; // default 0; for labels the ignore index
}

/** The pixels of a window, which may run over the border: [C,H,W] -> [C,h,w]. */
export function extractTile<T extends PixelArray>(
  image: Planar<T>,
  window: Window,
  { pad = 'reflect', value = 0 }: ExtractOptions = {},
): Planar<T> {
  assertPlanar('extractTile: image', image);
  const [y, x, height, width] = window;
  if (!window.every(Number.isInteger) || height < 1 || width < 1)
    throw new RangeError(`extractTile: window [${window.join(', ')}] has no pixels`);
  const rows = sources(y, height, image.height, pad);
  const columns = sources(x, width, image.width, pad);
  const inside = x >= 0 && x + width <= image.width;
  const data = arrayLike(image.data, image.bands * height * width);
  for (let c = 0; c < image.bands; c++) {
    for (let i = 0; i < height; i++) {
      const to = (c * height + i) * width;
      const from = (c * image.height + rows[i]) * image.width;
      if (rows[i] < 0) data.fill(value, to, to + width);
      else if (inside) data.set(image.data.subarray(from + x, from + x + width), to);
      else for (let j = 0; j < width; j++) data[to + j] = columns[j] < 0 ? value : image.data[from + columns[j]];
    }
  }
  return { data, bands: image.bands, height, width };
}

/** Where each row or column comes from; -1: from nowhere. */
function sources(start: number, length: number, side: number, pad: 'reflect' | 'constant'): Int32Array {
  const period = Math.max(1, 2 * (side - 1));
  return Int32Array.from({ length }, (_, i) => {
    const at = start + i;
    if (at >= 0 && at < side) return at;
    if (pad === 'constant') return -1;
    const folded = ((at % period) + period) % period;
    return folded < side ? folded : period - folded;
  });
}

export interface StitchOptions {
  readonly height: number;
  readonly width: number;
  readonly windows: readonly Window[]; // where each tile lies; parts beyond the border are cut away
}

/** The mean of the tiles [C,h,w] where they overlap: -> [C,H,W], float32 (summed in float64). Throws RangeError where no tile covers a pixel. */
export function stitchTiles(tiles: readonly Planar[], { height, width, windows }: StitchOptions): Planar<Float32Array> {
  if (tiles.length !== windows.length || tiles.length === 0) {
    throw new RangeError(`stitchTiles: as many tiles as windows are needed, got ${tiles.length} tiles and ${windows.length} windows`);
  }
  const bands = tiles[0].bands;
  const pixels = height * width;
  const sums = new Float64Array(bands * pixels);
  const counts = new Int32Array(pixels);
  tiles.forEach((tile, index) => {
    assertPlanar(`stitchTiles: tile ${index}`, tile);
    const [y, x, h, w] = windows[index];
    if (tile.bands !== bands || tile.height !== h || tile.width !== w) {
      throw new RangeError(`stitchTiles: tile ${index} must be ${bands} x ${h} x ${w}, got ${tile.bands} x ${tile.height} x ${tile.width}`);
    }
    for (let row = Math.max(0, -y); row < Math.min(h, height - y); row++) {
      for (let column = Math.max(0, -x); column < Math.min(w, width - x); column++) {
        const to = (y + row) * width + x + column;
        counts[to]++;
        for (let c = 0; c < bands; c++) sums[c * pixels + to] += tile.data[(c * h + row) * w + column];
      }
    }
  });
  const bare = counts.indexOf(0);
  if (bare >= 0) throw new RangeError(`stitchTiles: no tile covers row ${Math.floor(bare / width)}, column ${bare % width}`);
  return { data: Float32Array.from(sums, (sum, i) => sum / counts[i % pixels]), bands, height, width };
}
