import { readFileSync } from 'node:fs';
import type { SegmenterVariant } from '@rs/ot-mmd-fusion';

interface Printed {
  readonly value: number;
  readonly spread: number | null;
}

/** The figures that the paper prints, as `tables.json` quotes them. Nothing in it was measured here. */
export interface PaperTables {
  readonly paper: string;
  readonly table_4_3: {
    readonly rows: readonly {
      readonly variant: SegmenterVariant;
      readonly name: string;
      readonly mIoU: Printed;
      readonly OA: Printed;
      readonly mF1: Printed;
    }[];
  };
  readonly mIoU_steps_derived: Readonly<Record<string, number>>;
  readonly per_class_iou_gain_4_3: Readonly<Record<'low vegetation' | 'car' | 'impervious surface', readonly [number, number]>>;
  readonly efficiency_4_4: {
    readonly parameter_increase_millions_approx: number;
    readonly flops_increase_percent: readonly [number, number];
    readonly throughput_decrease_percent: readonly [number, number];
  };
}

export const paper = JSON.parse(readFileSync(new URL('../tables.json', import.meta.url), 'utf8')) as PaperTables;

export const printedRow = (variant: SegmenterVariant): PaperTables['table_4_3']['rows'][number] =>
  paper.table_4_3.rows.find((row) => row.variant === variant)!;
