import * as tf from '@tensorflow/tfjs-core';
import { classPalette, completeTensors, overSeeds } from '@rs/experiments';
import { cloudLegend, percentileStretch, scalarMap, type Block, type Cell, type Panel } from '@rs/report';
import { centreCrop, type Patch } from '../data.js';
import type { EDC } from '../model.js';
import { edc } from '../rows.js';
import type { Place } from '../place.js';
import { withFinishedModel } from '../runs.js';
import { chosenPatches, sceneName, ScenePanels, type Map2d } from '../scenes.js';
import type { StageGate } from '../studies/gates.js';
import { shared } from '../tables/paper-table.js';
import type { PaperFigure, Shown } from './paper-figure.js';

const scenesShown = 6;

/** Fig. 6: discrepancy and attention of stage 1, with and without clouds; all stages in numbers. */
export const discrepancy: PaperFigure = {
  title: 'Figure 6: discrepancy D, attention A and reliability 1 - A',
  rows: [edc],
  draw: async (shown) => [await panels(shown.place), await numbers(shown)],
};

function panels(place: Place): Promise<Block> {
  const { splits, config } = place;
  const palette = classPalette(splits.classes, splits.colors);
  return withFinishedModel(place, edc, async (model) => {
    const tiles = (await chosenPatches(splits, scenesShown)).map((patch) => centreCrop(patch, config.data.crop));
    return {
      panels: {
        title: 'EDC, stage 1',
        columns: ['(a) cloudy', '(b) SAR', '(c) D, cloud-free and SAR', '(d) D, cloudy and SAR', '(e) A', '(f) 1 - A', '(g) cloud mask'],
        rows: tiles.map((tile) => {
          const { cloudy, sar, cloudMask } = new ScenePanels(tile, palette);
          const { clear, clouded, attention, reliability } = stageOne(model, tile);
          const [range] = percentileStretch(
            { shape: [1, 2 * clear.data.length, 1], data: [...Array.from(clear.data), ...Array.from(clouded.data)] },
            { bands: [0], percentiles: [0, 100] },
          );
          const strength = (map: Map2d): Panel => scalarMap(map, { scheme: 'greys', range });
          const share = (map: Map2d): Panel => scalarMap(map, { range: [0, 1] });
          return {
            label: sceneName(tile),
            panels: [cloudy, sar, strength(clear), strength(clouded), share(attention), share(reliability), cloudMask],
          };
        }),
        legend: cloudLegend,
        notes: [
          `Seed ${place.seed}; centre crops. D: channel mean of |D|, one scale for (c) and (d). A: high where optical and SAR disagree; nothing supervises it.`,
          'How the paper draws D is not stated.',
        ],
      },
    };
  });
}

function stageOne(model: EDC, tile: Patch): Record<'clear' | 'clouded' | 'attention' | 'reliability', Map2d> {
  const { cloudy, cloudFree, sar, ...rest } = completeTensors([tile]);
  const maps = tf.tidy(() => {
    const strength = (d: tf.Tensor4D): tf.Tensor => tf.mean(tf.abs(d), 3);
    const under = model.call({ optical: cloudy, sar }, 'eval', { reconstruct: false });
    const clear = model.call({ optical: cloudFree, sar }, 'eval', { reconstruct: false });
    return [strength(clear.discrepancy[0]), strength(under.discrepancy[0]), under.attention[0], tf.sub(1, under.attention[0])];
  });
  const [clear, clouded, attention, reliability] = maps.map((map) => ({ shape: map.shape.slice(1, 3), data: map.dataSync() }));
  tf.dispose([maps, cloudy, cloudFree, sar, rest] as unknown as tf.TensorContainer);
  return { clear, clouded, attention, reliability };
}

async function numbers(shown: Shown): Promise<Block> {
  const studies = (await shown.studies.gates(edc)).map(({ study }) => study);
  const cell = (i: number, figure: (gate: StageGate) => number): Cell => overSeeds(studies.map(({ stages }) => figure(stages[i])));
  return {
    table: {
      title: 'EDC: attention and discrepancy in and out of clouds, by stage',
      columns: [
        { header: ['mean A', 'cloudy'], digits: 3 },
        { header: ['mean A', 'clear'], digits: 3 },
        { header: 'AUROC of A', digits: 3 },
        { header: ['mean |D|, cloudy image', 'cloudy'], digits: 3 },
        { header: ['mean |D|, cloudy image', 'clear'], digits: 3 },
        { header: ['mean |D|, cloud-free image', 'cloudy'], digits: 3 },
        { header: ['mean |D|, cloud-free image', 'clear'], digits: 3 },
      ],
      rows: studies[0].stages.map(({ stage }, i) => ({
        label: `stage ${stage}`,
        source: 'reproduced',
        cells: [
          cell(i, ({ attention }) => attention.cloudy),
          cell(i, ({ attention }) => attention.clear),
          cell(i, ({ AUROC }) => AUROC),
          cell(i, ({ discrepancy: d }) => d.cloudy),
          cell(i, ({ discrepancy: d }) => d.clear),
          cell(i, ({ discrepancyCloudFree: d }) => d.cloudy),
          cell(i, ({ discrepancyCloudFree: d }) => d.clear),
        ],
      })),
      ...shared(
        shown,
        `Centre crops of ${studies[0].tiles} scored patches; pixels by the cloud mask. AUROC: of A against the mask, 0.5 is chance. The paper gives no number.`,
      ),
    },
  };
}
