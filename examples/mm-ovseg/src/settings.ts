import type { WorldOptions } from '@rs/datasets';

export type SettingNumber = 1 | 2 | 3 | 4 | 5 | 6;

/** A setting of the paper's Table 1, and what stands for it in the synthetic world. */
export interface Setting {
  readonly paper: string; // training set -> test set
  readonly weather: string;
  readonly standIn: string;
  readonly train: WorldOptions;
  readonly test: WorldOptions;
  readonly trainedAs?: SettingNumber; // its models are those of this setting
}

/** The setting of all ablations. */
export const ourSetting = 2;

const fine: WorldOptions = { zoom: 2 }; // PIE-RGB-SAR has half the pixel size of DDHR
const thick: WorldOptions = { thickness: [5, 10], haze: 0 };
const thin: WorldOptions = { thickness: [0.3, 1], haze: 0 };
const elsewhere: WorldOptions = { zoom: 2, radiometry: 0.15, looks: 2, misregistration: 2 };

export const settings: Readonly<Record<SettingNumber, Setting>> = {
  1: { paper: 'PIE-cloud -> PIE-cloud', weather: 'varied clouds', standIn: 'the world at finer pixels', train: fine, test: fine },
  2: { paper: 'DDHR-SK -> DDHR-SK', weather: 'varied clouds', standIn: 'the world as it is', train: {}, test: {} },
  3: { paper: 'OEM-thick -> OEM-thick', weather: 'thick clouds', standIn: 'optical thickness 5 to 10', train: thick, test: thick },
  4: { paper: 'OEM-thin -> OEM-thin', weather: 'thin clouds', standIn: 'optical thickness 0.3 to 1', train: thin, test: thin },
  5: { paper: 'PIE-clean -> PIE-clean', weather: 'clear sky', standIn: 'finer pixels, no clouds', train: { ...fine, clouds: false }, test: { ...fine, clouds: false } }, // prettier-ignore
  6: {
    paper: 'DDHR-SK -> DDHR-CH',
    weather: 'varied clouds, another region',
    standIn: 'finer pixels, other radiometry, more speckle, worse registration; the models of setting 2',
    train: {},
    test: elsewhere,
    trainedAs: 2,
  },
};
