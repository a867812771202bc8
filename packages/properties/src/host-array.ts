/** A row-major array on the host: what arbitraries draw, and what `@rs/metrics` and any structural reader take. */
export interface HostArray<Shape extends readonly number[] = readonly number[], Data = Float32Array | Int32Array | Uint8Array> {
  readonly shape: Shape;
  readonly data: Data;
}

export type Image = HostArray<readonly [number, number, number, number], Float32Array>; // [N,H,W,C]
export type LabelMap = HostArray<readonly [number, number, number], Int32Array>; // [N,H,W] class ids
export type Mask = HostArray<readonly [number, number, number], Uint8Array>; // [N,H,W] 0 or 1
