import { clip } from '../clouds/field.js';
import { bare, building, crop, forest, grass, ploughed, road, water } from './classes.js';
import { plotDraws, type Draws } from '../draws.js';
import { sceneNoise } from './noise.js';

const marginPixels = 6; // round the scene, cut off at the end
const siteSpacing = 16; // units between the sites of regions
const street = { period: 14, width: 2, plot: 6 }; // units

/** The ground of one scene on a grid of sub-pixels: two a pixel, with a margin. Arrays are [side,side], regions are numbered. */
export interface Land {
  readonly side: number; // sub-pixels
  readonly margin: number; // sub-pixels
  readonly unit: number; // sub-pixels a world unit of 5 m
  readonly material: Uint8Array; // classes.ts; ploughed fields apart from green ones
  readonly region: Int32Array;
  readonly regions: number; // how many there are
  readonly angle: Float64Array; // of a region's rows and streets, radians
  readonly height: Float64Array; // of buildings, trees and crops over the ground, metres
  readonly surface: Float64Array; // height + terrain, metres
  readonly crowns: Float64Array; // noise that is both the height and the brightness of trees
  readonly plot: (pixel: number) => readonly [number, number, number]; // the draws of the building plot at a pixel
}

/** Shares of water, forest, grass, crop, bare ground and built-up quarters in a natural, a rural and an urban zone. */
const zones = [
  [0.07, 0.45, 0.25, 0.05, 0.18, 0],
  [0.04, 0.14, 0.2, 0.5, 0.07, 0.05],
  [0.02, 0.1, 0.2, 0.05, 0.08, 0.55],
];
const kinds = [water, forest, grass, crop, bare, building]; // the last one: a quarter

/** Draws the map of a scene: regions by nearest warped site, quarters with streets and plots, a river, roads, heights. */
export function drawLand(draws: Draws, size: number, zoom: number): Land {
  const unit = 2 * zoom;
  const side = 2 * (size + 2 * marginPixels);
  const noise = (name: string, cells: readonly number[], persistence?: number): Float64Array =>
    sceneNoise(draws, name, { side, cells: cells.map((cell) => cell * unit), persistence });

  const { region, kindOf, regions } = drawRegions(draws, side, unit, noise);
  const angle = draws.uniforms('angle', regions).map((u) => (Math.PI / 2) * u);
  const green = draws.uniforms('field', regions);
  const clumps = noise('clumps', [5, 2.5], 0.7);
  const plotKey = draws.key('plots');
  const place = (pixel: number): StreetGrid => streetGrid((pixel % side) / unit, Math.floor(pixel / side) / unit, angle[region[pixel]]);
  const plot = (pixel: number): [number, number, number] => {
    const { p, q } = place(pixel);
    return plotDraws(plotKey, 7919 * p + 104729 * q + 15485863 * region[pixel]);
  };

  const material = new Uint8Array(side * side);
  for (let pixel = 0; pixel < material.length; pixel++) {
    const kind = kindOf[region[pixel]];
    const cover = kind === building ? grass : kind === crop && green[region[pixel]] >= 0.5 ? ploughed : kind;
    material[pixel] = cover === grass && clumps[pixel] > 1.4 ? forest : cover;
    if (kind !== building) continue;
    const { isStreet, f, g } = place(pixel);
    if (isStreet) material[pixel] = road;
    else {
      const [u1, u2, u3] = plot(pixel);
      if (u1 < 0.8 && f > 0.5 && f < 4.5 + u2 && g > 0.5 && g < 4.5 + u3) material[pixel] = building;
    }
  }
  drawLines(draws, material, { side, unit, extent: size / zoom, noise });

  const crowns = noise('crowns', [2.5, 1.5], 0.8);
  const trees = draws.uniforms('trees', regions);
  const terrain = noise('terrain', [48, 24]);
  const height = Float64Array.from(material, (cover, pixel) => {
    if (cover === forest) return clip(9 + 5 * trees[region[pixel]] + 2.5 * crowns[pixel], 3, 25);
    if (cover === crop) return 0.8;
    if (cover !== building) return 0;
    const [, u2, u3] = plot(pixel);
    return 4 + 14 * u2 ** 2 + 2 * u3;
  });
  const surface = height.map((h, pixel) => h + 3 * terrain[pixel]);
  return { side, margin: 2 * marginPixels, unit, material, region, regions, angle, height, surface, crowns, plot };
}

type Noise = (name: string, cells: readonly number[], persistence?: number) => Float64Array;

/** Which region each sub-pixel belongs to, and of which kind each region is. */
function drawRegions(draws: Draws, side: number, unit: number, noise: Noise): { region: Int32Array; kindOf: Uint8Array; regions: number } {
  const sites = Math.ceil(side / unit / siteSpacing) + 2; // K, a side
  const regions = sites * sites;
  const jitter = draws.uniforms('sites', 2 * regions);
  const siteY = Float64Array.from({ length: regions }, (_, r) => siteSpacing * (Math.floor(r / sites) - 1 + 0.1 + 0.8 * jitter[2 * r]));
  const siteX = Float64Array.from({ length: regions }, (_, r) => siteSpacing * ((r % sites) - 1 + 0.1 + 0.8 * jitter[2 * r + 1]));
  const [warpY, warpX] = [noise('warp.y', [24, 12, 6]), noise('warp.x', [24, 12, 6])];

  const region = new Int32Array(side * side);
  for (let pixel = 0; pixel < region.length; pixel++) {
    const y = Math.floor(pixel / side) / unit + 3 * warpY[pixel];
    const x = (pixel % side) / unit + 3 * warpX[pixel];
    const row = clip(Math.floor(y / siteSpacing) + 1, 1, sites - 2);
    const column = clip(Math.floor(x / siteSpacing) + 1, 1, sites - 2);
    let nearest = Infinity;
    for (let a = row - 1; a <= row + 1; a++) {
      for (let b = column - 1; b <= column + 1; b++) {
        const r = a * sites + b;
        const distance = (siteY[r] - y) ** 2 + (siteX[r] - x) ** 2;
        if (distance >= nearest) continue;
        nearest = distance;
        region[pixel] = r;
      }
    }
  }

  const zoneField = noise('zone.field', [40]);
  const zoneNormal = draws.normals('zone', regions);
  const kindDraw = draws.uniforms('kind', regions);
  const onGrid = (position: number): number => clip(Math.floor(position * unit), 0, side - 1);
  const kindOf = Uint8Array.from({ length: regions }, (_, r) => {
    const zone = 0.9 * zoneNormal[r] + 0.7 * zoneField[onGrid(siteY[r]) * side + onGrid(siteX[r])];
    const shares = zones[zone < -0.5 ? 0 : zone > 0.5 ? 2 : 1];
    let cumulated = 0;
    const chosen = shares.findIndex((share) => kindDraw[r] < (cumulated += share));
    return kinds[chosen < 0 ? shares.length - 1 : chosen];
  });
  return { region, kindOf, regions };
}

interface StreetGrid {
  readonly isStreet: boolean;
  readonly p: number; // number of the plot along u, over all blocks
  readonly q: number;
  readonly f: number; // place inside the plot, units
  readonly g: number;
}

/** Streets and plots along the axes u, v of a quarter that is turned by `angle`. */
function streetGrid(x: number, y: number, angle: number): StreetGrid {
  const along = (w: number): { inStreet: boolean; number: number; local: number } => {
    const block = Math.floor(w / street.period);
    const inBlock = w - block * street.period - street.width;
    const plot = Math.floor(inBlock / street.plot);
    return { inStreet: inBlock < 0, number: 2 * block + plot, local: inBlock - plot * street.plot };
  };
  const u = along(x * Math.cos(angle) + y * Math.sin(angle));
  const v = along(-x * Math.sin(angle) + y * Math.cos(angle));
  return { isStreet: u.inStreet || v.inStreet, p: u.number, q: v.number, f: u.local, g: v.local };
}

/** A river and up to two roads, over everything else. */
function drawLines(
  draws: Draws,
  material: Uint8Array,
  { side, unit, extent, noise }: { side: number; unit: number; extent: number; noise: Noise },
): void {
  const centre = side / unit / 2;
  const line = (name: string, wiggle: number, cells: readonly number[], halfWidth: number, cover: number): void => {
    const [first, second] = draws.uniforms(name, 2);
    const [cos, sin] = [Math.cos(Math.PI * first), Math.sin(Math.PI * first)];
    const offset = 0.7 * extent * (second - 0.5);
    const bends = noise(`${name}.wiggle`, cells);
    for (let pixel = 0; pixel < material.length; pixel++) {
      const [x, y] = [(pixel % side) / unit - centre, Math.floor(pixel / side) / unit - centre];
      if (Math.abs(cos * x + sin * y - offset + wiggle * bends[pixel]) < halfWidth) material[pixel] = cover;
    }
  };
  const [riverIsThere, riverWidth] = draws.uniforms('river.size', 2);
  if (riverIsThere < 0.45) line('river', 4, [32, 16], 1.5 + 3 * riverWidth, water);
  const roads = draws.uniforms('road.count', 2);
  [0.9, 0.5].forEach((share, j) => {
    if (roads[j] < share) line(`road${j}`, 1.5, [40], 1.25, road);
  });
}

/** The mean of each pixel's 2 x 2 sub-pixels [size,size], without the margin, shifted by whole sub-pixels. */
export function meanOfSubPixels(
  { side, margin }: Land,
  field: Float64Array,
  size: number,
  [dy, dx]: readonly [number, number] = [0, 0],
): Float64Array {
  return Float64Array.from({ length: size * size }, (_, pixel) => {
    const at = (margin + 2 * Math.floor(pixel / size) - dy) * side + margin + 2 * (pixel % size) - dx;
    return (field[at] + field[at + 1] + field[at + side] + field[at + side + 1]) / 4;
  });
}
