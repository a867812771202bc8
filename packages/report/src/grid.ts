/** What figures are made of: an image or map on the host, channels last, or a tensor that can be asked for its values once. */
export type Grid = { readonly shape: readonly number[] } & ({ readonly data: ArrayLike<number> } | { dataSync(): ArrayLike<number> });

export interface GridValues {
  readonly height: number;
  readonly width: number;
  readonly channels: number; // 1 for a map
  readonly data: ArrayLike<number>; // row-major [H,W,C]
}

/** Reads [H,W]. @throws RangeError naming the argument */
export function readMap(argument: string, grid: Grid): GridValues {
  if (grid.shape.length !== 2) throw new RangeError(`${argument} must have shape [H,W], got [${grid.shape}]`);
  return read(argument, grid, [...grid.shape, 1]);
}

/** Reads [H,W,C]. @throws RangeError naming the argument */
export function readImage(argument: string, grid: Grid): GridValues {
  if (grid.shape.length !== 3) throw new RangeError(`${argument} must have shape [H,W,C], got [${grid.shape}]`);
  return read(argument, grid, grid.shape);
}

function read(argument: string, grid: Grid, [height, width, channels]: readonly number[]): GridValues {
  const data = 'dataSync' in grid ? grid.dataSync() : grid.data;
  const count = height * width * channels;
  if (data.length !== count || count === 0) {
    throw new RangeError(`${argument}: shape [${grid.shape}] must not be empty and needs ${count} values, data has ${data.length}`);
  }
  return { height, width, channels, data };
}
