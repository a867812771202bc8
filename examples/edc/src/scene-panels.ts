import { classPalette } from '@rs/experiments';
import { classMap, cloudLegend, errorLegend, errorMap, paletteLegend, type Block, type LegendEntry, type Panel } from '@rs/report';
import type { Place } from './place.js';
import type { Row } from './rows.js';
import { windowsOf, withFinishedModel } from './runs.js';
import { accuracyText, chosenPatches, labelGrid, predictScene, sceneName, ScenePanels } from './scenes.js';

/**
 * Scenes as rows: the cloudy image, what there is to see, and what each network makes of it.
 *
 * @param rows trained, the last with cloud removal where there is one: its reconstruction and errors are shown
 */
export async function scenePanels(place: Place, rows: readonly Row[], mostScenes: number): Promise<Block> {
  const { splits, config } = place;
  const palette = classPalette(splits.classes, splits.colors);
  const patches = await chosenPatches(splits, mostScenes);
  const scenes = patches.map((patch) => new ScenePanels(patch, palette));
  const maps: Panel[][] = patches.map(() => []);
  const reconstructions: (Panel | null)[] = patches.map(() => null);
  const errors: Panel[] = [];
  for (const row of rows) {
    await withFinishedModel(place, row, (model) =>
      patches.forEach((patch, i) => {
        const { classes, reconstruction } = predictScene(model, patch, windowsOf(config));
        maps[i].push({ raster: classMap(classes, palette), caption: accuracyText(classes, patch) });
        if (reconstruction) reconstructions[i] = { raster: scenes[i].optical(reconstruction) };
        errors[i] = { raster: errorMap(classes, labelGrid(patch)) };
      }),
    );
  }
  const labels = rows.map(({ label }) => label);
  return {
    panels: {
      title: `${labels.join(', ')} on scored scenes, from clear to overcast`,
      columns: [
        'cloudy optical, clouds outlined',
        'cloud-free optical',
        'SAR',
        'cloud mask',
        'labels',
        ...labels,
        `errors of ${labels[labels.length - 1]}`,
        'reconstruction',
      ],
      rows: patches.map((patch, i) => {
        const { outlined, cloudFree, sar, cloudMask, labels: truth } = scenes[i];
        return { label: sceneName(patch), panels: [outlined, cloudFree, sar, cloudMask, truth, ...maps[i], errors[i], reconstructions[i]] };
      }),
      legend: uniqueEntries([...paletteLegend(palette), ...cloudLegend, ...errorLegend]),
      notes: [
        'Optical: red, green, blue, one stretch (2nd to 98th percentile of the cloud-free image) for all.',
        `Seed ${place.seed}; "right" and errors: of the labelled pixels.`,
      ],
    },
  };
}

/** Class and error maps ignore the same pixels. */
const uniqueEntries = (entries: readonly LegendEntry[]): LegendEntry[] =>
  entries.filter(({ name, color }, i) => entries.findIndex((other) => other.name === name && other.color === color) === i);
