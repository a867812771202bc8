import type { Palette } from '@rs/report';

/** A palette of classes in the colours of their data set, red, green and blue in 0..255. */
export const classPalette = (classes: readonly string[], colors: readonly (readonly [number, number, number])[]): Palette => ({
  classes: classes.map((name, i) => ({ name, color: `#${colors[i].map((c) => c.toString(16).padStart(2, '0')).join('')}` })),
});
