import { readFileSync } from 'node:fs';

interface Scores {
  readonly mIoU: number;
  readonly mF1: number;
}

interface ClassScores extends Scores {
  readonly classIoU: Readonly<Record<string, number>>;
}

/** A table of one data set: tables 1 to 3. */
export interface DatasetTable {
  readonly title: string;
  readonly missingAtTest: string;
  readonly rows: readonly (ClassScores & { readonly method: string; readonly train: string; readonly test: string })[];
  readonly printedGain: ClassScores & { readonly reference: string };
  readonly inconsistencies: readonly string[];
}

type Both = { readonly EarthMiss: number; readonly 'WHU-OPT-SAR': number };

/** The figures that the paper prints, as `tables.json` quotes them, in percent. Nothing in it was measured here. */
export interface PaperTables {
  readonly source: string;
  readonly table1: DatasetTable;
  readonly table2: DatasetTable;
  readonly table3: DatasetTable;
  readonly table4: {
    readonly title: string;
    readonly rows: readonly (Both & {
      readonly method: string;
      readonly translation: boolean;
      readonly ncs: boolean;
      readonly psc: boolean;
    })[];
    readonly note: string;
  };
  readonly table5: {
    readonly title: string;
    readonly rows: readonly { readonly beta: number; readonly withDetach: number; readonly withoutDetach: number }[];
    readonly inconsistencies: readonly string[];
  };
  readonly table6: {
    readonly title: string;
    readonly rows: readonly (Both & { readonly alpha: number; readonly mean: number })[];
    readonly inconsistencies: readonly string[];
  };
  readonly table7: {
    readonly title: string;
    readonly rows: readonly (Both & { readonly sampling: string; readonly perClass?: number; readonly mean: number })[];
    readonly inconsistencies: readonly string[];
  };
}

export const paper = JSON.parse(readFileSync(new URL('../tables.json', import.meta.url), 'utf8')) as PaperTables;
