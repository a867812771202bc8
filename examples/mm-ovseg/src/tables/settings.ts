import { figuresOf, overSeeds } from '@rs/experiments';
import type { Cell, Row as TableRow } from '@rs/report';
import { paper } from '../paper.js';
import { inSetting, mmOvSeg, type Row } from '../rows.js';
import { settings, type SettingNumber } from '../settings.js';
import { comparison, figures, missing, named, percent, shared, type Figure, type Measured, type PaperTable } from './paper-table.js';

const numbers = Object.keys(settings).map(Number) as SettingNumber[];
const everywhere = (rows: readonly Row[]): Row[] => numbers.flatMap((setting) => rows.map((row) => inSetting(row, setting)));
const standIns = numbers
  .map((number) => `setting ${number}, ${settings[number].paper}, ${settings[number].weather}: ${settings[number].standIn}`)
  .join('; ');

/** One figure of a row in each setting, and their mean, over seeds. */
function acrossSettings({ runs }: Measured, row: Row, figure: Figure): Cell[] {
  const bySetting = numbers.map((setting) => figuresOf(runs, inSetting(row, setting).label, figure));
  const means = bySetting[0].map((_, run) => bySetting.reduce((sum, values) => sum + values[run], 0) / numbers.length);
  return [...bySetting, means].map(overSeeds);
}

/** Table 2: all settings, and their mean. */
export const table2: PaperTable = {
  title: paper.tables['Table 2'].title,
  rows: everywhere(comparison),
  build: (measured) => {
    const printed = Object.entries(paper.tables['Table 2'].rows).map(([label, cells]): TableRow => ({
      label,
      source: label === 'MM-OVSeg' ? 'paper' : 'quoted',
      cells,
    }));
    const reproduced = comparison.map((row): TableRow => ({
      label: named(row),
      source: 'reproduced',
      cells: acrossSettings(measured, row, figures['all pixels']),
    }));
    return [
      {
        title: `Table 2: ${paper.tables['Table 2'].title}, mIoU of all pixels`,
        columns: [
          ...numbers.map((number) => ({ header: `setting ${number}`, unit: '%', digits: 1 })),
          { header: 'mean', unit: '%', digits: 1 },
        ],
        rows: [...printed, ...reproduced],
        ...shared(measured, [missing('Table 2'), `Here stand for the settings: ${standIns}.`]),
      },
    ];
  },
};

/** Table A3: seen and unseen classes in each setting. */
export const tableA3: PaperTable = {
  title: paper.tables['Table A3'].title,
  rows: everywhere(comparison),
  build: (measured) => {
    const seen = percent(({ grouped }) => grouped.all.seen);
    const unseen = percent(({ grouped }) => grouped.all.unseen);
    const columns = [...numbers.map((number) => `setting ${number}`), 'mean'];
    const printed = Object.keys(paper.tables['Table A3'].rows).map((label): TableRow => {
      return { label, source: label === 'MM-OVSeg' ? 'paper' : 'quoted', cells: columns.flatMap(() => [null, null]) };
    });
    const interleaved = (row: Row): Cell[] => {
      const [ofUnseen, ofSeen] = [acrossSettings(measured, row, unseen), acrossSettings(measured, row, seen)];
      return columns.flatMap((_, i) => [ofUnseen[i], ofSeen[i]]);
    };
    const chance = (group: 'seen' | 'unseen', setting: SettingNumber): number =>
      figuresOf(measured.runs, inSetting(mmOvSeg, setting).label, ({ chance: guess }) => 100 * guess.all[group])[0];
    const reproduced = comparison.map((row): TableRow => ({
      label: named(row),
      source: 'reproduced',
      cells: interleaved(row),
    }));
    const guess: TableRow = {
      label: 'a uniform random guess',
      source: 'reproduced',
      cells: [...numbers.flatMap((setting) => [chance('unseen', setting), chance('seen', setting)]), null, null],
    };
    return [
      {
        title: `Table A3: ${paper.tables['Table A3'].title}, all pixels`,
        columns: columns.flatMap((name) => [{ header: [name, 'unseen'], unit: '%', digits: 1 }, { header: [name, 'seen'], unit: '%', digits: 1 }]), // prettier-ignore
        rows: [...printed, ...reproduced, guess],
        ...shared(measured, [missing('Table A3'), `Here stand for the settings: ${standIns}.`]),
      },
    ];
  },
};
