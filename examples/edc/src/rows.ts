import type { DchfVariant } from '@rs/dchf';

/** What training and scoring know of a row of the paper's tables. */
export interface SegmentationRow {
  readonly label: string; // as the paper prints it
  readonly cloudRemoval: boolean; // second decoder and its loss
  readonly distillation: boolean; // from the cloud-free teacher
  readonly sees: 'cloudy' | 'cloudFree'; // the optical image of training and scoring
  readonly normalization?: 'clearPixels' | 'elements'; // of the distillation, where it is not that of the config
}

/** One reproduced row of EDC: how its network and its training differ from the paper's (spec, section 8). */
export interface Row extends SegmentationRow {
  readonly dchf: DchfVariant;
}

const published = { cloudRemoval: true, distillation: true, dchf: {}, sees: 'cloudy' } as const;
const seFusion: DchfVariant = { gate: 'se', pooling: 'gap', spatialGate: false };

export const edc: Row = { ...published, label: 'EDC' };
/** Table I's "EDC*": segmentation alone. */
export const edcStar: Row = { ...published, label: 'EDC*', cloudRemoval: false, distillation: false };
/** Neither discrepancy nor attention; squeeze and excitation of plain means. */
export const withoutDchf: Row = { ...published, label: 'w/o DCHF', dchf: seFusion };
/** Plain means instead of descriptors weighted by reliability; the gates stay. */
export const withoutDcgd: Row = { ...published, label: 'w/o DCGD', dchf: { pooling: 'gap' } };
export const withoutDistillation: Row = { ...published, label: 'w/o Distillation', distillation: false };
export const withoutCloudRemoval: Row = { ...published, label: 'w/o Cloud Removal', cloudRemoval: false };
/** EDC* without DCHF. */
export const naive: Row = { ...edcStar, label: 'EDC-naive', dchf: seFusion };

/** Table III in its order, and EDC* of Table I. */
export const ablations: readonly Row[] = [withoutDchf, withoutDcgd, withoutDistillation, withoutCloudRemoval, naive, edcStar, edc];

/** Sees cloud-free images; nothing reads a reconstruction of them. */
export const teacherRow: Row = { ...published, label: 'teacher', cloudRemoval: false, distillation: false, sees: 'cloudFree' };

/** The teacher with the fusion of a row. */
export const teacherOf = ({ label, dchf }: Row): Row =>
  Object.keys(dchf).length === 0 ? teacherRow : { ...teacherRow, label: `teacher ${label}`, dchf };

/** The teacher of another method: the same network, without clouds and what they ask for. */
export const ownTeacherOf = <R extends SegmentationRow>(row: R): R => ({
  ...row,
  label: `teacher ${row.label}`,
  cloudRemoval: false,
  distillation: false,
  sees: 'cloudFree',
});
