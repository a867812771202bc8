import type { Backbone } from './config.js';
import { ourSetting, type SettingNumber } from './settings.js';

/** What draws the SAR encoder to the optical one in stage 1; none: it stays a copy. */
export type CmuKind = 'none' | 'infonce' | 'mse' | 'l1';

/** One reproduced row of the paper's tables: how its network and its training differ from MM-OVSeg. */
export interface Row {
  readonly label: string;
  readonly setting: SettingNumber;
  readonly backbone: Backbone;
  readonly useDino: boolean; // false: CLIP alone sees the optical image
  readonly useSar: boolean;
  readonly cmu: CmuKind; // of the SAR DINO
  readonly clipCmu: CmuKind; // of a SAR CLIP; none: there is no SAR CLIP
  readonly residual: boolean; // CLIP's correlations are added to the fused ones
}

const full = {
  setting: ourSetting,
  backbone: 'base',
  useDino: true,
  useSar: true,
  cmu: 'infonce',
  clipCmu: 'none',
  residual: true,
} as const;

/** The whole method. */
export const mmOvSeg: Row = { ...full, label: 'CMU + DEF' };
/** Table 3's first row: CLIP on the optical image, after CAT-Seg. */
export const opticalOnly: Row = { ...full, label: 'optical only (CLIP)', useDino: false, useSar: false, cmu: 'none' };
/** As GSNet: an optical DINO beside CLIP, no SAR. */
export const opticalDino: Row = { ...full, label: '+ optical DINO', useSar: false, cmu: 'none' };
/** The SAR encoder is a copy of the optical one. */
export const withoutCmu: Row = { ...full, label: 'DEF without CMU', cmu: 'none' };

export const mseRow: Row = { ...full, label: 'CMU by MSE + DEF', cmu: 'mse' };
export const l1Row: Row = { ...full, label: 'CMU by L1 + DEF', cmu: 'l1' };

/** Table A5, models 2 and 4. */
export const clipCmuOnly: Row = { ...full, label: 'CMU on CLIP only', cmu: 'none', clipCmu: 'infonce' };
export const bothCmu: Row = { ...full, label: 'CMU on CLIP and DINO', clipCmu: 'infonce' };

/** The ablation of `+ h_g`. */
export const withoutResidual: Row = { ...full, label: 'CMU + DEF without the residual', residual: false };

export const largeRow: Row = { ...full, label: 'CMU + DEF, large', backbone: 'large' };

/** A row in a setting, whichever it was in; labels name the setting unless it is that of all ablations. */
export function inSetting(row: Row, setting: SettingNumber): Row {
  const label = row.label.replace(/, setting \d$/, '');
  return { ...row, setting, label: setting === ourSetting ? label : `${label}, setting ${setting}` };
}
