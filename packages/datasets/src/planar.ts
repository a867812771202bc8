/** The types a pixel can have in a file. */
export type PixelArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** An image in band order [C,H,W]: pixel (c, y, x) is data[(c * height + y) * width + x]. */
export interface Planar<T extends PixelArray = PixelArray> {
  readonly data: T;
  readonly bands: number; // C
  readonly height: number; // H
  readonly width: number; // W
}

/** A map of class ids [H,W]: pixel (y, x) is data[y * width + x]. */
export interface LabelMap {
  readonly data: Int32Array;
  readonly height: number;
  readonly width: number;
}

/** [y, x, height, width] in pixels; y and x count from the upper left corner. */
export type Window = readonly [y: number, x: number, height: number, width: number];

/** An array of the same element type as `like`, filled with zeros. */
export function arrayLike<T extends PixelArray>(like: T, length: number): T {
  return new (like.constructor as new (length: number) => T)(length);
}

/** Throws unless `image` holds bands x height x width values. */
export function assertPlanar(argument: string, image: Planar): void {
  const expected = image.bands * image.height * image.width;
  if (image.data.length === expected && Number.isInteger(expected) && image.bands > 0) return;
  throw new RangeError(
    `${argument} must hold ${image.bands} x ${image.height} x ${image.width} = ${expected} values, got ${image.data.length}`,
  );
}
