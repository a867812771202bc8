/** A label map on the host, row-major. */
export interface LabelRaster {
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

/** 1 within `radius` pixels (rows and columns alike) of a place where two labels, the ignored one included, meet; else 0. */
export function borderBand({ data, height, width }: LabelRaster, radius: number): Uint8Array {
  const border = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const right = i % width < width - 1 ? i + 1 : i;
    const below = i + width < data.length ? i + width : i;
    for (const other of [right, below]) if (data[i] !== data[other]) border[i] = border[other] = 1;
  }
  const rows = spread(border, radius, (i) => i % width, width, 1);
  return spread(rows, radius, (i) => Math.floor(i / width), height, width);
}

/** 1 where any of the `radius` neighbours on either side along one axis is 1. */
function spread(mask: Uint8Array, radius: number, placeOf: (i: number) => number, length: number, step: number): Uint8Array {
  return mask.map((_, i) => {
    const place = placeOf(i);
    for (let d = -Math.min(radius, place); d <= radius && place + d < length; d++) if (mask[i + d * step]) return 1;
    return 0;
  });
}

/** How many connected pieces (four neighbours) of one label a map has, pixels of `ignored` left out. */
export function pieces({ data, height, width }: LabelRaster, ignored = 255): number {
  const seen = new Uint8Array(data.length);
  const stack: number[] = [];
  let count = 0;
  for (let start = 0; start < height * width; start++) {
    if (seen[start] || data[start] === ignored) continue;
    count++;
    seen[start] = 1;
    stack.push(start);
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      const column = i % width;
      for (const next of [column > 0 ? i - 1 : i, column < width - 1 ? i + 1 : i, i - width, i + width]) {
        if (next < 0 || next >= data.length || seen[next] || data[next] !== data[start]) continue;
        seen[next] = 1;
        stack.push(next);
      }
    }
  }
  return count;
}
