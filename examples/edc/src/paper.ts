import { readFileSync } from 'node:fs';

interface Scores {
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
  readonly tableI: {
    readonly title: string;
    readonly rows: readonly (Named & PerDataset<{ cloudy: Scores; cloudFree: Scores; overall: Scores }>)[];
  };
  readonly tableII: { readonly title: string; readonly rows: readonly (Named & PerDataset<Quality>)[] };
}

interface Named {
  readonly method: string;
}

type PerDataset<T> = Readonly<Record<'M3M-CR' | 'WHU-OPT-SAR', T>>;

export const paper = JSON.parse(readFileSync(new URL('../tables.json', import.meta.url), 'utf8')) as PaperTables;
