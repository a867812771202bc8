import { readFileSync } from 'node:fs';

type Figures = readonly (number | null)[];

/** The figures that the paper's text gives, as `tables.json` quotes them. Nothing in it was measured here; the tables' bodies are missing. */
export interface PaperTables {
  readonly paper: string;
  readonly missing_bodies: readonly string[];
  readonly other_figures: { readonly 'CMU-Data pairs': number };
  readonly tables: {
    readonly 'Table 2': ComparisonTable;
    readonly 'Table 3': {
      readonly title: string;
      readonly rows: readonly { readonly cmu: boolean; readonly def: boolean; readonly value?: number; readonly derived?: number }[];
    };
    readonly 'Table 4': { readonly title: string; readonly rows: Readonly<Record<string, null>> };
    readonly 'Table A1': { readonly title: string; readonly rows: Readonly<Record<string, Figures>> };
    readonly 'Table A2': { readonly title: string; readonly rows: Readonly<Record<string, null>> };
    readonly 'Table A3': { readonly title: string; readonly rows: Readonly<Record<string, null>> };
    readonly 'Table A4': ComparisonTable;
    readonly 'Table A5': { readonly title: string; readonly rows: readonly { readonly model: number; readonly value: null }[] };
  };
}

interface ComparisonTable {
  readonly title: string;
  readonly rows: Readonly<Record<string, Figures>>; // six settings and their mean
}

export const paper = JSON.parse(readFileSync(new URL('../tables.json', import.meta.url), 'utf8')) as PaperTables;
