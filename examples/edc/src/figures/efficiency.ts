import { figuresOf, meanAndSpread } from '@rs/experiments';
import { scatterChart, type Block, type ScatterPoint } from '@rs/report';
import { paper, sourceOf } from '../paper.js';
import { edc, edcStar, naive } from '../rows.js';
import type { PaperFigure } from './paper-figure.js';

const rows = [naive, edcStar, edc];
const millions = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} M`;

/** Fig. 1: accuracy against speed; parameters beside the names, and in the area of the dots. The measured points have axes of their own. */
export const efficiency: PaperFigure = {
  title: 'Figure 1: accuracy against throughput',
  rows,
  compares: 'segmentation',
  draw: async ({ runs, baselines, studies, dataset, provenance }) => {
    const printed = paper.tableIV.rows.map(({ method, throughput_img_s: x, params_M: size, [dataset]: { mIoU: y } }): ScatterPoint => ({
      x,
      y,
      area: size,
      label: `${method}, ${millions(size)}`,
      group: sourceOf(method) === 'paper' ? 'EDC, printed' : 'others, quoted',
    }));
    const measured: ScatterPoint[] = [];
    for (const row of [...baselines, ...rows]) {
      const { throughput, parameters } = await studies.complexity(row, 'config');
      const { mean } = meanAndSpread(figuresOf(runs, row.label, ({ segmentation }) => 100 * segmentation.all.mIoU));
      const size = parameters / 1e6;
      measured.push({ x: throughput, y: mean, area: size, label: `${row.label}, ${millions(size)}`, group: 'measured here' });
    }
    const x = 'throughput (images/s)';
    return [
      { chart: scatterChart({ title: `The paper: A100, batch 128, FP16; ${dataset}`, x, y: 'mIoU (%)', points: printed }) },
      { chart: scatterChart({ title: 'Measured here', x, y: 'mIoU (%)', points: measured }) },
      { text: `Measured here: float32, batches of 32, ${provenance.engine}; ${provenance.data}. The two charts are not comparable.` },
    ] satisfies Block[];
  },
};
