import { readFileSync } from 'node:fs';
import type { Config } from './config.js';

export interface Scores {
  readonly mPA: number;
  readonly mIoU: number;
}

interface Quality {
  readonly SSIM: number;
  readonly PSNR_dB: number;
  readonly 'MAE_1e-2': number;
}

/** The figures that the paper prints, as `tables.json` quotes them. Nothing in it was measured here. */
export interface PaperTables {
  readonly source: string;
  readonly tableI: Titled<PerDataset<{ cloudy: Scores; cloudFree: Scores; overall: Scores }>>;
  readonly tableII: Titled<PerDataset<Quality>>;
  readonly tableIII: Titled<PerDataset<Scores>>;
  readonly tableIV: Titled<PerDataset<Pick<Scores, 'mIoU'>> & { params_M: number; GMAC: number; throughput_img_s: number }>;
  readonly tableV: Titled<{
    stage4Cm: { erank: number; nerank: number; sparsity: number };
    cmDecoderOut: { channels: number; CKA: number };
  }>;
  readonly tableVI: Titled<{ all: number; cloudFree: number; cloudy: number }>;
}

interface Titled<Row> {
  readonly title: string;
  readonly rows: readonly Readonly<{ method: string } & Row>[];
}

export type PaperDataset = 'M3M-CR' | 'WHU-OPT-SAR';
type PerDataset<T> = Record<PaperDataset, T>;

export const paper = JSON.parse(readFileSync(new URL('../tables.json', import.meta.url), 'utf8')) as PaperTables;

/** Whose printed figures stand beside those of a config; beside the synthetic world's, M3M-CR's. */
export const paperDataset = ({ data }: Config): PaperDataset => (data.dataset === 'whu-opt-sar' ? 'WHU-OPT-SAR' : 'M3M-CR');

/** Of the paper's own method, or of one that it compares with. */
export const sourceOf = (method: string): 'paper' | 'quoted' =>
  method === 'EDC' || method === 'EDC*' || method === 'EDC-naive' || method.startsWith('w/o ') ? 'paper' : 'quoted';
