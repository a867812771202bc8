import type { DchfVariant } from '@rs/dchf';

/** One reproduced row of the paper's tables: how its network and its training differ from EDC (spec, section 8). */
export interface Row {
  readonly label: string; // as the paper prints it
  readonly cloudRemoval: boolean; // second decoder and its loss
  readonly distillation: boolean; // from the cloud-free teacher
  readonly dchf: DchfVariant;
}

export const edc: Row = { label: 'EDC', cloudRemoval: true, distillation: true, dchf: {} };
/** Table I's "EDC*": segmentation alone. */
export const edcStar: Row = { label: 'EDC*', cloudRemoval: false, distillation: false, dchf: {} };
/** Sees cloud-free images; nothing reads a reconstruction of them. */
export const teacherRow: Row = { label: 'teacher', cloudRemoval: false, distillation: false, dchf: {} };
