import { parseColor, type Rgb } from './color.js';

/** A swatch beside a figure. */
export interface LegendEntry {
  readonly name: string;
  readonly color: string; // #rrggbb
}

/** Names and colours of classes, by class id. */
export interface Palette {
  readonly classes: readonly LegendEntry[];
  readonly ignored?: LegendEntry & { readonly index: number }; // labels that do not count; default: 255, dark grey
}

const defaultIgnored = { index: 255, name: 'ignored', color: '#2b2b2b' };

/** The swatches of a palette. */
export function paletteLegend({ classes, ignored = defaultIgnored }: Palette): LegendEntry[] {
  return [...classes, { name: ignored.name, color: ignored.color }];
}

/** Class id to colour. @throws RangeError on an id that the palette has not */
export function colorOf({ classes, ignored = defaultIgnored }: Palette): (id: number) => Rgb {
  const colors = classes.map(({ color }) => parseColor(color));
  const ignoredColor = parseColor(ignored.color);
  return (id) => {
    const color = id === ignored.index ? ignoredColor : colors[id];
    if (!color) throw new RangeError(`the palette has classes 0..${colors.length - 1} and ${ignored.index} (${ignored.name}), got ${id}`);
    return color;
  };
}

/**
 * Land-cover classes in the colours a map reader expects, adjusted so that neighbours differ in lightness and people with any colour
 * vision tell them apart; names that are not known take the remaining ones.
 */
export function landCoverPalette(names: readonly string[]): Palette {
  const free = ['#cc79a7', '#56b4e9', '#999999', '#000000', '#f0e442', '#882255'];
  const colors = names.map((name) => landCover.find(([pattern]) => pattern.test(name))?.[1]);
  const taken = new Set<string>();
  const classes = names.map((name, i) => {
    const known = colors[i];
    const color = known && !taken.has(known) ? known : free.find((candidate) => !taken.has(candidate));
    if (!color) throw new RangeError(`landCoverPalette: no colour is left for "${name}"; give a palette of your own`);
    taken.add(color);
    return { name, color };
  });
  return { classes };
}

const landCover: readonly (readonly [RegExp, string])[] = [
  [/water|river|lake|sea/i, '#0072b2'],
  [/forest|tree|wood/i, '#005f3c'],
  [/grass|range|shrub|low veg/i, '#7fc97f'],
  [/crop|farm|agri|field/i, '#e8c547'],
  [/bare|barren|soil|sand/i, '#b98b5e'],
  [/build|urban|city|built/i, '#d55e00'],
  [/road|imperv|pave/i, '#f5f0e6'],
  [/village|rural/i, '#f2a6a0'],
  [/wet|marsh|mangrove/i, '#44aa99'],
];
