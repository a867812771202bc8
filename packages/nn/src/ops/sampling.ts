/** The inputs along one axis that make up one output: their indices and weights. */
export type Taps = readonly { readonly index: number; readonly weight: number }[];

/** PyTorch's 'nearest': floor(i * size / outputs), in float32 as there. */
export const nearestIndex = (i: number, size: number, outputs: number): number =>
  Math.min(Math.floor(Math.fround(i * Math.fround(size / outputs))), size - 1);

/** PyTorch's 'nearest-exact': the input whose centre is nearest. */
export const nearestExactIndex = (i: number, size: number, outputs: number): number =>
  Math.min(Math.floor(Math.fround((i + 0.5) * Math.fround(size / outputs))), size - 1);

/** The two neighbours; before the first centre and after the last the edge repeats. */
export function bilinearTaps(i: number, size: number, outputs: number, alignCorners: boolean): Taps {
  const position = Math.max(0, sourcePosition(i, size, outputs, alignCorners));
  const lower = Math.min(Math.floor(position), size - 1);
  const upper = Math.min(lower + 1, size - 1);
  const fraction = position - lower;
  return [
    { index: lower, weight: 1 - fraction },
    { index: upper, weight: fraction },
  ];
}

/** The four neighbours by cubic convolution, Keys 1981, with a = -0.75 as in PyTorch; the edge repeats. */
export function bicubicTaps(i: number, size: number, outputs: number, alignCorners: boolean): Taps {
  const position = sourcePosition(i, size, outputs, alignCorners);
  const lower = Math.floor(position);
  return [-1, 0, 1, 2].map((offset) => ({
    index: Math.min(Math.max(lower + offset, 0), size - 1),
    weight: cubicKernel(Math.abs(position - lower - offset)),
  }));
}

/** Where output i lies among the inputs: corner pixels on corner pixels, or pixels as areas. */
function sourcePosition(i: number, size: number, outputs: number, alignCorners: boolean): number {
  if (alignCorners) return outputs > 1 ? (i * (size - 1)) / (outputs - 1) : 0;
  return ((i + 0.5) * size) / outputs - 0.5;
}

function cubicKernel(distance: number): number {
  const a = -0.75;
  if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
}
