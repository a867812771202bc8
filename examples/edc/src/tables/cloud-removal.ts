import { figuresOf, overSeeds, type FinishedRun } from '@rs/experiments';
import type { Cell, Row as TableRow } from '@rs/report';
import { baselineRemovers, cloudSeg, type Baseline } from '../baselines.js';
import type { QualityFigures } from '../evaluate.js';
import { paper, sourceOf } from '../paper.js';
import { edc } from '../rows.js';
import { baselineNotes } from './baseline-notes.js';
import { beside, percent, shared, valuesOf, type PaperTable } from './paper-table.js';

const cells = ({ SSIM, PSNR, MAE }: Record<keyof QualityFigures, Cell>): Cell[] => [SSIM, PSNR, MAE];

/** Table II: the reconstruction against the cloud-free image. */
export const cloudRemoval: PaperTable = {
  title: paper.tableII.title,
  rows: [edc],
  compares: 'cloudRemoval',
  build: async (measured) => {
    const { dataset, cloudyFloor: floor } = measured;
    const printed = paper.tableII.rows.map(({ method, [dataset]: figures }): TableRow => ({
      label: method,
      source: sourceOf(method),
      cells: cells({ SSIM: figures.SSIM, PSNR: figures.PSNR_dB, MAE: figures['MAE_1e-2'] }),
    }));
    const runs: readonly FinishedRun<{ readonly quality?: QualityFigures }>[] = [...measured.runs, ...measured.removals];
    const compared = paper.tableII.rows.flatMap(({ method }): Baseline[] => {
      const baseline = [cloudSeg, ...baselineRemovers].find(({ label }) => label === method);
      return baseline && runs.some(({ label }) => label === method) ? [baseline] : [];
    });
    const reproduced: TableRow[] = [
      ...[...compared, edc].map(({ label }): TableRow => {
        const quality = (figure: keyof QualityFigures, scale = 1): Cell =>
          overSeeds(figuresOf(runs, label, (evaluation) => scale * (evaluation.quality?.[figure] ?? NaN)));
        return { label, source: 'reproduced', cells: cells({ SSIM: quality('SSIM'), PSNR: quality('PSNR'), MAE: quality('MAE', 100) }) };
      }),
      { label: 'the cloudy image itself', source: 'reproduced', cells: cells({ ...floor, MAE: percent(floor.MAE) }) },
    ];
    const table = {
      title: `Table II: ${paper.tableII.title} (the paper's rows: ${dataset})`,
      columns: [
        { header: 'SSIM', digits: 4 },
        { header: 'PSNR', unit: 'dB' },
        { header: 'MAE', unit: '1e-2' },
      ],
      rows: [...printed, ...reproduced],
      ...shared(measured, ...(await baselineNotes(measured, compared))),
    };
    return beside(table, measured, [
      { column: 1, of: ({ quality: reference }) => valuesOf(reference, 'PSNR') },
      { column: 2, of: ({ quality: reference }) => valuesOf(reference, 'MAE') },
    ]);
  },
};
