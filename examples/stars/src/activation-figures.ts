import * as tf from '@tensorflow/tfjs-core';
import { classActivationMaps, type Modality, type Stage, type StarsModel } from '@rs/stars-align';
import { countComponents } from './components.js';
import { imagesOf, tileTensors, type Tile } from './data.js';
import type { Sensor } from './sensors.js';

/** What Grad-CAM says of a class, mean over the images with pixels predicted as it (spec, section 13). */
export interface ActivationFigures {
  readonly classId: number;
  readonly images: number;
  readonly specific: EncoderActivation;
  readonly shared: EncoderActivation;
}

export interface EncoderActivation {
  readonly pieces: number; // of the map above one half
  readonly inside: number; // share of the map's sum on pixels labelled as the class
}

/** The classes whose maps the paper shows: Building (or City) and Road. */
export const shownClasses = (classes: readonly string[]): number[] =>
  [/building|city/i, /road|impervious/i].map((pattern) => classes.findIndex((name) => pattern.test(name))).filter((id) => id >= 0);

/** Where the two encoders of a sensor look for a class, over all given tiles. */
export function activationFigures(
  model: StarsModel,
  sensor: Sensor,
  stage: Stage,
  tiles: readonly Tile[],
  classId: number,
): ActivationFigures {
  const modality: Modality = sensor === 'O' ? 'm2' : 'm1';
  const sums = { specific: { pieces: 0, inside: 0 }, shared: { pieces: 0, inside: 0 } };
  let counted = 0;
  for (const tile of tiles) {
    const { labels, images: all } = tileTensors([tile]);
    const [x] = Object.values(imagesOf([sensor], all));
    const { specific, shared, pixels } = classActivationMaps(model, { modality, x, classId, stage });
    const labelled = tile.label.data;
    if (pixels.dataSync()[0] > 0 && labelled.includes(classId)) {
      counted++;
      for (const [name, map] of [['specific', specific], ['shared', shared]] as const) {
        const values = map.dataSync<'float32'>();
        const total = values.reduce((sum, value) => sum + value, 0);
        const inside = values.reduce((sum, value, i) => (labelled[i] === classId ? sum + value : sum), 0);
        sums[name].pieces += countComponents(values.map((value) => (value > 0.5 ? 1 : 0)), map.shape[1], map.shape[2]);
        sums[name].inside += total > 0 ? inside / total : 0;
      }
    } // prettier-ignore
    tf.dispose([labels, x, specific, shared, pixels]);
  }
  const mean = ({ pieces, inside }: EncoderActivation): EncoderActivation => ({ pieces: pieces / counted, inside: inside / counted });
  return { classId, images: counted, specific: mean(sums.specific), shared: mean(sums.shared) };
}
