import type { DatasetFolder } from './dataset-folder.js';
import { stem } from './dataset-folder.js';
import type { DatasetDescription, FoundSamples, IndexOptions, SampleEntry } from './description.js';

/** The cities of each split, as in the public configuration (which validates on the test cities; here validation is kept apart). */
const cities: Readonly<Record<string, readonly string[]>> = {
  train: ['America-Eugene', 'America-Louisville', 'French-Paris', 'Morocco-Casablanca', 'Nanjing', 'Netherlands-Rotterdam', 'Singapore'],
  val: ['Australia-PortHedland', 'America-Pake', 'Russian-Engels'],
  test: ['America-NewYork', 'Japan-Hakodate', 'Peru-Callao'],
};

const classes = ['background', 'building', 'road', 'water', 'barren', 'forest', 'agricultural', 'playground'];

/** EarthMiss: RGB and SAR at 0.6 m in 13 cities; the scene is the city. A stored value is the class id plus one, 0 is ignored. */
export const earthMiss: DatasetDescription = {
  name: 'earthmiss',
  splits: Object.keys(cities),
  classes,
  colors: [[255, 255, 255], [255, 0, 0], [255, 255, 0], [0, 0, 255], [159, 129, 183], [0, 255, 0], [255, 195, 128], [165, 0, 165]],
  bands: { optical: ['R', 'G', 'B'], sar: ['SAR'] },
  labels: { values: { 0: 'ignore', ...Object.fromEntries(classes.map((_, id) => [id + 1, id])) } },
  index,
}; // prettier-ignore

async function index(folder: DatasetFolder, { split, allowMissingCities = false }: IndexOptions): Promise<FoundSamples> {
  const entries: SampleEntry[] = [];
  for (const city of cities[split]) {
    const images = `${city}/images`;
    const stems = new Set([
      ...(await imagesIn(folder, `${images}/RGB`, '')),
      ...(await imagesIn(folder, `${images}/SAR`, '_SAR')),
      ...(await imagesIn(folder, `${city}/masks`, '_mask')),
    ]);
    if (stems.size === 0) {
      if (!allowMissingCities)
        folder.report(`city ${city} of the split ${split} has no images, expected ${images}/RGB (or allowMissingCities)`);
      continue;
    }
    for (const name of [...stems]) {
      const id = `${city}/${name}`;
      const need = (role: string, file: string): Promise<string> => folder.need(id, role, [`${file}.tif`, `${file}.png`]);
      const files = {
        optical: await need('optical', `${images}/RGB/${name}`),
        sar: await need('sar', `${images}/SAR/${name}_SAR`),
        label: await need('label', `${city}/masks/${name}_mask`),
      };
      entries.push({ id, scene: city, files });
    }
  }
  return { entries, listed: false };
}

async function imagesIn(folder: DatasetFolder, where: string, suffix: string): Promise<string[]> {
  const names = (await folder.names(where)).filter((name) => /\.(tif|png)$/.test(name)).map(stem);
  return names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, name.length - suffix.length));
}
