import type { CloudSplit } from '@rs/metrics';
import { reliabilityDiagram, residualCalibration, type Block } from '@rs/report';
import { confident } from '../calibration-residual.js';
import { edc, edcStar, naive, withoutDchf } from '../rows.js';
import type { PaperFigure } from './paper-figure.js';

const rows = [naive, withoutDchf, edcStar, edc];
const splits: readonly [keyof CloudSplit<unknown>, string][] = [
  ['all', 'all pixels'],
  ['cloudFree', 'cloud-free pixels'],
  ['cloudy', 'cloudy pixels'],
];

/** Fig. 7: accuracy - confidence by bin on the three splits, whole and enlarged above confidence 0.8; reliability diagrams. */
export const calibrationCurves: PaperFigure = {
  title: 'Figure 7: residual calibration curves',
  rows,
  compares: 'segmentation',
  draw: ({ runs, place, baselines }) => {
    const curvesIn = (split: keyof CloudSplit<unknown>, compared: readonly { readonly label: string }[] = rows) =>
      compared.map(({ label }) => ({
        name: label,
        curve: runs.find((run) => run.label === label && run.seed === place.seed)!.evaluation.segmentation[split].calibration,
      }));
    const enlarged = (split: keyof CloudSplit<unknown>) =>
      curvesIn(split).map(({ name, curve }) => ({ name, curve: confident(0.8, curve) }));
    const beside = baselines.length > 0 ? splits : []; // apart from the ablations: more curves than colours tell no one apart
    return [
      ...beside.map(([split, name]): Block => ({
        chart: residualCalibration({ title: `Methods: residual on ${name}`, curves: curvesIn(split, [...baselines, edc]) }),
      })),
      ...splits.map(([split, name]): Block => ({ chart: residualCalibration({ title: `Residual on ${name}`, curves: curvesIn(split) }) })),
      ...splits.map(([split, name]): Block => ({
        chart: residualCalibration({ title: `Residual on ${name}, confidence above 0.8 alone`, curves: enlarged(split) }),
      })),
      ...splits.map(([split, name]): Block => ({
        chart: reliabilityDiagram({ title: `Reliability on ${name}`, curves: curvesIn(split) }),
      })),
      { text: `Seed ${place.seed}; below 0: over-confident. The area of a dot is its bin's share of pixels. ECE: Table VI.` },
    ];
  },
};
