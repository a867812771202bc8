/** Red, green, blue in 0..255. */
export type Rgb = readonly [number, number, number];

/** "#rrggbb" as numbers. @throws RangeError on any other notation */
export function parseColor(color: string): Rgb {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (!match) throw new RangeError(`a colour must look like #0072b2, got ${color}`);
  return [parseInt(match[1], 16), parseInt(match[2], 16), parseInt(match[3], 16)];
}

/** Colours that people with any colour vision tell apart, for lines and bars. Okabe and Ito 2008. */
export const seriesColors: readonly string[] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f'];
