import { figuresOf, overSeeds } from '@rs/experiments';
import type { CloudSplit } from '@rs/metrics';
import type { Cell, Provenance, Row as TableRow, Table } from '@rs/report';
import type { QualityFigures, SegmentationFigures } from './evaluate.js';
import { paper } from './paper.js';
import { edc, edcStar, type Row } from './rows.js';
import type { RunResult } from './runs.js';

/** All that was measured: the finished runs, and the floor of cloud removal on the same patches. */
export interface Measured {
  readonly runs: readonly RunResult[];
  readonly cloudyFloor: QualityFigures;
  readonly provenance: Provenance;
  readonly footnotes: readonly string[];
}

/** A table of the paper: which rows have to be run for it, and how it is put together. */
export interface PaperTable {
  readonly rows: readonly Row[];
  readonly build: (measured: Measured) => Table;
}

const percent = (value: number): number => 100 * value;

const sourceOf = (method: string): 'paper' | 'quoted' => (method.startsWith('EDC') ? 'paper' : 'quoted');
const shared = ({ provenance, footnotes }: Measured): Pick<Table, 'citation' | 'provenance' | 'footnotes'> => ({
  citation: paper.source,
  provenance,
  footnotes,
});

/** Table I: segmentation of all, cloud-free and cloudy pixels. */
const tableI: PaperTable = {
  rows: [edcStar, edc],
  build: (measured) => {
    const splits: [paper: 'overall' | 'cloudFree' | 'cloudy', ours: keyof CloudSplit<unknown>, header: string][] = [
      ['overall', 'all', 'all pixels'],
      ['cloudFree', 'cloudFree', 'cloud-free'],
      ['cloudy', 'cloudy', 'cloudy'],
    ];
    const scores = ['mPA', 'mIoU'] as const;
    const cellsOf = (cell: (split: (typeof splits)[number], score: (typeof scores)[number]) => Cell): Cell[] =>
      splits.flatMap((split) => scores.map((score) => cell(split, score)));
    const printed = paper.tableI.rows.map((row): TableRow => ({
      label: row.method,
      source: sourceOf(row.method),
      cells: cellsOf(([split], score) => row['M3M-CR'][split][score]),
    }));
    const reproduced = [edcStar, edc].map((row): TableRow => {
      const figures = (split: keyof CloudSplit<unknown>, score: keyof SegmentationFigures & ('mPA' | 'mIoU')): number[] =>
        figuresOf(measured.runs, row.label, ({ segmentation }) => percent(segmentation[split][score]));
      return { label: row.label, source: 'reproduced', cells: cellsOf(([, split], score) => overSeeds(figures(split, score))) };
    });
    return {
      title: `Table I: ${paper.tableI.title} (the paper's rows: M3M-CR)`,
      columns: splits.flatMap(([, , header]) => scores.map((score) => ({ header: [header, score], unit: '%' }))),
      rows: [...printed, ...reproduced],
      ...shared(measured),
    };
  },
};

/** Table II: the reconstruction against the cloud-free image. */
const tableII: PaperTable = {
  rows: [edc],
  build: (measured) => {
    const cells = ({ SSIM, PSNR, MAE }: Record<keyof QualityFigures, Cell>): Cell[] => [SSIM, PSNR, MAE];
    const printed = paper.tableII.rows.map(({ method, 'M3M-CR': figures }): TableRow => {
      return {
        label: method,
        source: sourceOf(method),
        cells: cells({ SSIM: figures.SSIM, PSNR: figures.PSNR_dB, MAE: figures['MAE_1e-2'] }),
      };
    });
    const quality = (figure: keyof QualityFigures): number[] =>
      figuresOf(measured.runs, edc.label, (evaluation) => evaluation.quality?.[figure] ?? NaN);
    const floor = measured.cloudyFloor;
    const reproduced: TableRow[] = [
      {
        label: edc.label,
        source: 'reproduced',
        cells: cells({
          SSIM: overSeeds(quality('SSIM')),
          PSNR: overSeeds(quality('PSNR')),
          MAE: overSeeds(quality('MAE').map(percent)),
        }),
      },
      { label: 'the cloudy image itself', source: 'reproduced', cells: cells({ ...floor, MAE: percent(floor.MAE) }) },
    ];
    return {
      title: `Table II: ${paper.tableII.title} (the paper's rows: M3M-CR)`,
      columns: [
        { header: 'SSIM', digits: 4 },
        { header: 'PSNR', unit: 'dB' },
        { header: 'MAE', unit: '1e-2' },
      ],
      rows: [...printed, ...reproduced],
      ...shared(measured),
    };
  },
};

/** The tables that can be rebuilt, by the paper's number. */
export const tables: Readonly<Record<number, PaperTable>> = { 1: tableI, 2: tableII };
