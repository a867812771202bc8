import { enlarge, toPng, type Chart, type Raster } from '@rs/report';

export interface MatchChartOptions {
  readonly title: string;
  readonly left: Raster; // image
  readonly right: Raster; // second sensor, of the same size
  readonly partners: ArrayLike<number>; // of each token of the left, row-major on a square map: a token of the right
  readonly shownPerSide?: number; // tokens a side whose match is drawn; default 8
}

const picture = 288; // pixels a side
const gap = 96;
const top = 26;

/** Colours of a match by the distance of the partner from its own place, in tokens. */
const distances = [
  { name: 'own place', color: '#009e73', holds: (distance: number): boolean => distance === 0 },
  { name: 'next to it', color: '#0072b2', holds: (distance: number): boolean => distance === 1 },
  { name: 'elsewhere', color: '#d55e00', holds: (distance: number): boolean => distance > 1 },
] as const;

/** A transport plan as lines from tokens of one picture to their partners in another. */
export function matchChart({ title, left, right, partners, shownPerSide = 8 }: MatchChartOptions): Chart {
  const side = Math.round(Math.sqrt(partners.length));
  const step = Math.max(1, Math.floor(side / shownPerSide));
  const place = (token: number): [column: number, row: number] => [token % side, Math.floor(token / side)];
  const lines: string[] = [];
  for (let row = step >> 1; row < side; row += step) {
    for (let column = step >> 1; column < side; column += step) {
      const [toColumn, toRow] = place(partners[row * side + column]);
      const distance = Math.max(Math.abs(toColumn - column), Math.abs(toRow - row));
      const { color } = distances.find(({ holds }) => holds(distance))!;
      const [x1, y1] = [centre(column, side), top + centre(row, side)];
      const [x2, y2] = [picture + gap + centre(toColumn, side), top + centre(toRow, side)];
      lines.push(
        `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color}" stroke-width="1.2" stroke-opacity="0.8"></line>` +
          `<circle cx="${x1}" cy="${y1}" r="2.4" fill="${color}"></circle><circle cx="${x2}" cy="${y2}" r="2.4" fill="${color}"></circle>`,
      );
    }
  }
  const width = 2 * picture + gap;
  const legend = distances.map(
    ({ name, color }, i) =>
      `<rect x="${4 + 110 * i}" y="4" width="12" height="12" rx="2" fill="${color}"></rect>` +
      `<text x="${21 + 110 * i}" y="14" font-size="12" fill="currentColor">${name}</text>`,
  );
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escaped(title)}" width="${width}" height="${picture + top}" ` +
    `viewBox="0 0 ${width} ${picture + top}">${legend.join('')}${image(left, 0)}${image(right, picture + gap)}${lines.join('')}</svg>`;
  return { title, svg };
}

const centre = (index: number, side: number): number => Math.round((10 * picture * (index + 0.5)) / side) / 10;

function image(raster: Raster, x: number): string {
  const png = toPng(enlarge(raster, Math.max(1, Math.floor(picture / raster.width))));
  return `<image x="${x}" y="${top}" width="${picture}" height="${picture}" href="data:image/png;base64,${png.toString('base64')}"></image>`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
