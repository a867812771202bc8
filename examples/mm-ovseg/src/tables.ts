import { figuresOf, overSeeds, withReference } from '@rs/experiments';
import type { Cell, Provenance, Row as TableRow, Table } from '@rs/report';
import { harmonicMean, type Evaluation } from './evaluate.js';
import { paper } from './paper.js';
import type { PretrainingFigures, PretrainingRun } from './pretraining.js';
import { cmuLabel } from './pretraining.js';
import { pretrainingReferences, referenceSource, tableReferences } from './references.js';
import {
  bothCmu,
  clipCmuOnly,
  inSetting,
  l1Row,
  largeRow,
  mmOvSeg,
  mseRow,
  opticalDino,
  opticalOnly,
  withoutCmu,
  withoutResidual,
  type CmuKind,
  type Row,
} from './rows.js';
import type { RunResult } from './runs.js';
import { settings, type SettingNumber } from './settings.js';
import type { FullSize } from './full-size.js';

/** What was measured for Table A2. */
export interface Costs {
  readonly fullSize: FullSize;
  readonly stepSeconds: Readonly<Record<string, number>>; // of a training step of each of `costRows`, by label
}

/** All that was measured. */
export interface Measured {
  readonly runs: readonly RunResult[];
  readonly pretraining: readonly PretrainingRun[];
  readonly costs: Costs | undefined; // where a table asks for them
  readonly provenance: Provenance;
  readonly besideReference: boolean; // the config is that of the reference figures
  readonly footnotes: readonly string[];
  readonly learning: { readonly batchSize: number; readonly rate: number };
}

/** A table of the paper: which rows have to be run for it, and how it is put together. */
export interface PaperTable {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly costs?: boolean; // steps are timed, and the model at full size is run once
  readonly studies?: boolean; // finished models are studied beside it
  readonly build: (measured: Measured) => Table[];
}

type Figure = (evaluation: Evaluation) => number;
const percent = (figure: Figure): Figure => (evaluation) => 100 * figure(evaluation); // prettier-ignore

const figures: Readonly<Record<keyof typeof tableReferences | 'harmonic mean', Figure>> = {
  'all pixels': percent(({ segmentation }) => segmentation.all.mIoU),
  cloudy: percent(({ segmentation }) => segmentation.cloudy.mIoU),
  clear: percent(({ segmentation }) => segmentation.cloudFree.mIoU),
  seen: percent(({ grouped }) => grouped.cloudy.seen),
  unseen: percent(({ grouped }) => grouped.cloudy.unseen),
  'harmonic mean': percent(({ grouped }) => harmonicMean(grouped.cloudy)),
  'AUC seen': percent(({ auc }) => auc.seen),
  'AUC unseen': percent(({ auc }) => auc.unseen),
};

const cell = ({ runs }: Measured, { label }: Row, figure: Figure): Cell => overSeeds(figuresOf(runs, label, figure));

const shared = (
  { provenance, footnotes }: Measured,
  more: readonly string[] = [],
): Pick<Table, 'citation' | 'provenance' | 'footnotes'> => ({
  citation: paper.paper,
  provenance,
  footnotes: [...more, ...footnotes],
});

const missing = (table: string): string =>
  `The source at hand has no body of ${table}: empty cells of printed rows are figures that its text does not give.`;

const small: readonly Row[] = [opticalOnly, opticalDino, withoutCmu, mmOvSeg];

/** Table 3: what the fusion and the unification are worth. */
const table3: PaperTable = {
  title: paper.tables['Table 3'].title,
  rows: small,
  studies: true,
  build: (measured) => {
    const { runs } = measured;
    const names = Object.keys(figures) as (keyof typeof figures)[];
    const nothing = names.map(() => null);
    const printed = paper.tables['Table 3'].rows.map(({ cmu, def, value, derived }): TableRow => {
      const label = cmu ? mmOvSeg.label : def ? withoutCmu.label : opticalOnly.label;
      return {
        label: value === undefined ? `${label} (from the text: 55.0 + 9.1)` : label,
        source: 'paper',
        cells: [value ?? derived!, ...nothing],
      };
    });
    const reproduced = small.map((row): TableRow => ({
      label: row.label,
      source: 'reproduced',
      cells: [null, ...names.map((name) => cell(measured, row, figures[name]))],
    }));
    const [{ evaluation }] = runs;
    const chance = { seen: 100 * evaluation.chance.cloudy.seen, unseen: 100 * evaluation.chance.cloudy.unseen };
    const guess: Partial<Record<keyof typeof figures, number>> = { ...chance, 'AUC seen': 50, 'AUC unseen': 50 };
    const table: Table = {
      title: `Table 3: ${paper.tables['Table 3'].title}`,
      columns: [
        { header: ['paper, DDHR-SK', 'mIoU'], unit: '%', digits: 1 },
        ...names.map((name) => ({ header: ['here', name], unit: '%', digits: 1 })),
      ],
      rows: [
        ...printed,
        ...reproduced,
        { label: 'a uniform random guess', source: 'reproduced', cells: [null, ...names.map((name) => guess[name] ?? null)] },
      ],
      ...shared(measured, [
        missing('Table 3'),
        "Seen, unseen, harmonic mean and AUC: of cloudy pixels; all words compete. AUC: area under the ROC curve of a class's score, free of that competition. IoU near that of the guess means nothing learned, under it unlearned.",
      ]),
    };
    return [table, ...(measured.besideReference ? [besideReference(measured)] : []), pretrainingTable(measured)];
  },
};

/** Table 3's figures below each other, beside those of an independent implementation. */
function besideReference(measured: Measured): Table {
  const names = Object.keys(tableReferences) as (keyof typeof tableReferences)[];
  const pairs = names.flatMap((name) => small.map((row) => ({ label: `${name}: ${row.label}`, name, row })));
  const table: Table = {
    title: 'Table 3 beside an independent implementation',
    columns: [{ header: 'here', unit: '%', digits: 1 }],
    rows: pairs.map(({ label, name, row }) => ({ label, source: 'reproduced', cells: [cell(measured, row, figures[name])] })),
    ...shared(measured),
  };
  const references = Object.fromEntries(pairs.map(({ label, name, row }) => [label, tableReferences[name][row.label]]));
  return withReference(table, { column: 0, references, source: referenceSource });
}

/** What each stage of pre-training is worth, beside the reference. */
function pretrainingTable(measured: Measured): Table {
  const of = (label: string, figure: (figures: PretrainingFigures) => number): Cell =>
    overSeeds(figuresOf(measured.pretraining, label, figure));
  const clip = (sky: 'clear' | 'cloudy'): Cell => of('CLIP', (stage) => (stage.stage === 'clip' ? 100 * stage.zeroShot[sky] : NaN));
  const dino = (sky: 'clear' | 'cloudy'): Cell => of('DINO', (stage) => (stage.stage === 'dino' ? 100 * stage.probe[sky] : NaN));
  const sarProbe = (kind: CmuKind): Cell => of(cmuLabel(kind, 'base'), (stage) => (stage.stage === 'cmu' ? 100 * stage.sarProbe : NaN));
  const near = (kind: CmuKind, name: 'retrieval' | 'cosine'): Cell =>
    of(cmuLabel(kind, 'base'), (stage) => (stage.stage === 'cmu' ? stage.nearness[name].at(-1)! * (name === 'retrieval' ? 100 : 1) : NaN));
  const cells: Readonly<Record<keyof typeof pretrainingReferences, Cell>> = {
    'CLIP alone, segmentation by words, clear': clip('clear'),
    'CLIP alone, segmentation by words, cloudy': clip('cloudy'),
    'linear probe of DINO, clear optical': dino('clear'),
    'linear probe of DINO, cloudy optical': dino('cloudy'),
    'linear probe on SAR, copy of the DINO': sarProbe('none'),
    'linear probe on SAR, after CMU': sarProbe('infonce'),
    'retrieval of the own token, copy of the DINO': near('none', 'retrieval'),
    'retrieval of the own token, after CMU': near('infonce', 'retrieval'),
    'cosine of SAR and optical token, copy of the DINO': near('none', 'cosine'),
    'cosine of SAR and optical token, after CMU': near('infonce', 'cosine'),
  };
  const table: Table = {
    title: 'Pre-training (stage 1 of the paper is CMU), on scored tiles that it never saw',
    columns: [{ header: 'here' }],
    rows: Object.entries(cells).map(([label, value]) => ({ label, source: 'reproduced', cells: [value] })),
    ...shared(measured, [
      'mIoU in % of segmentation by words and of linear probes; retrieval in % of tokens, among all scored tiles (chance: 100 / tiles); deepest block.',
      'Captions come from label shares of crops: CLIP is weakly supervised on all classes, unseen ones included, at crop level, as web-scale captions do.',
    ]),
  };
  return measured.besideReference ? withReference(table, { column: 0, references: pretrainingReferences, source: referenceSource }) : table;
}

const comparison: readonly Row[] = [opticalOnly, opticalDino, mmOvSeg];
const after: Readonly<Record<string, string>> = {
  [opticalOnly.label]: 'as CAT-Seg',
  [opticalDino.label]: 'as GSNet',
  [mmOvSeg.label]: 'MM-OVSeg',
};
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

const table2: PaperTable = {
  title: paper.tables['Table 2'].title,
  rows: everywhere(comparison),
  build: (measured) => {
    const printed = Object.entries(paper.tables['Table 2'].rows).map(([label, cells]): TableRow => ({
      label,
      source: label === 'MM-OVSeg' ? 'paper' : 'quoted',
      cells,
    }));
    const reproduced = comparison.map((row): TableRow => ({
      label: `${row.label} (${after[row.label]})`,
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

const tableA3: PaperTable = {
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
      label: `${row.label} (${after[row.label]})`,
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

const losses: readonly (readonly [string, Row])[] = [
  ['none', withoutCmu],
  ['MSE', mseRow],
  ['L1', l1Row],
  ['InfoNCE', mmOvSeg],
];

const table4: PaperTable = {
  title: paper.tables['Table 4'].title,
  rows: losses.map(([, row]) => row),
  build: (measured) => {
    const stage = (row: Row, figure: (figures: Extract<PretrainingFigures, { stage: 'cmu' }>) => number): Cell =>
      overSeeds(figuresOf(measured.pretraining, cmuLabel(row.cmu, row.backbone), (made) => (made.stage === 'cmu' ? figure(made) : NaN)));
    const blocks = [0, 1, 2];
    return [
      {
        title: `Table 4: ${paper.tables['Table 4'].title}`,
        columns: [
          ...(['all pixels', 'cloudy', 'seen', 'unseen'] as const).map((name) => ({
            header: ['stage 2, mIoU', name],
            unit: '%',
            digits: 1,
          })),
          { header: ['SAR tokens', 'probe'], unit: '%', digits: 1 },
          ...blocks.map((block) => ({ header: ['retrieval', `block ${block + 1}`], unit: '%' })),
          ...blocks.map((block) => ({ header: ['cosine', `block ${block + 1}`] })),
        ],
        rows: [
          ...losses.map(([label]): TableRow => ({
            label,
            source: 'paper',
            cells: [null, null, null, null, null, ...blocks.flatMap(() => [null, null])],
          })),
          ...losses.map(([label, row]): TableRow => ({
            label,
            source: 'reproduced',
            cells: [
              ...(['all pixels', 'cloudy', 'seen', 'unseen'] as const).map((name) => cell(measured, row, figures[name])),
              stage(row, ({ sarProbe }) => 100 * sarProbe),
              ...blocks.map((block) => stage(row, ({ nearness }) => 100 * nearness.retrieval[block])),
              ...blocks.map((block) => stage(row, ({ nearness }) => nearness.cosine[block])),
            ],
          })),
        ],
        ...shared(measured, [
          missing('Table 4'),
          'Retrieval and cosine: of SAR and optical tokens of held-out clear pairs; none is "before CMU".',
        ]),
      },
    ];
  },
};

const tableA1: PaperTable = {
  title: paper.tables['Table A1'].title,
  rows: comparison,
  build: (measured) => [
    {
      title: `Table A1: ${paper.tables['Table A1'].title}`,
      columns: [
        { header: 'trainable parameters', digits: 0 },
        { header: 'batch size', digits: 0 },
        { header: 'learning rate', digits: 5 },
      ],
      rows: [
        ...Object.entries(paper.tables['Table A1'].rows).map(([label, cells]): TableRow => ({
          label,
          source: label === 'MM-OVSeg' ? 'paper' : 'quoted',
          cells,
        })),
        ...comparison.map((row): TableRow => ({
          label: `${row.label} (${after[row.label]})`,
          source: 'reproduced',
          cells: [
            figuresOf(measured.runs, row.label, ({ parameters }) => parameters.trained)[0],
            measured.learning.batchSize,
            measured.learning.rate,
          ],
        })),
      ],
      ...shared(measured, [missing('Table A1')]),
    },
  ],
};

/** The rows that Table A2 compares. */
export const costRows: readonly Row[] = [opticalDino, mmOvSeg];

const tableA2: PaperTable = {
  title: paper.tables['Table A2'].title,
  rows: costRows,
  costs: true,
  build: (measured) => {
    const { costs } = measured;
    const rows: TableRow[] = costRows.map((row) => ({
      label: `${row.label} (${after[row.label]}), small`,
      source: 'reproduced',
      cells: [
        costs ? 1000 * costs.stepSeconds[row.label] : null,
        cell(measured, row, ({ secondsATile }) => 1000 * secondsATile),
        cell(measured, row, ({ parameters }) => parameters.all / 1e6),
        cell(measured, row, ({ parameters }) => parameters.trained / 1e6),
        null,
        null,
      ],
    }));
    if (costs) {
      const { loaded, made } = costs.fullSize;
      rows.push({
        label: 'MM-OVSeg at full size (ViT-B/16, DINO ViT-B/8), one 384x384 pair',
        source: 'reproduced',
        cells: [
          null,
          1000 * Math.min(loaded.seconds, made.seconds),
          loaded.parameters / 1e6,
          loaded.trained / 1e6,
          loaded.peakGiB,
          made.peakGiB,
        ],
      });
    }
    return [
      {
        title: `Table A2: ${paper.tables['Table A2'].title}`,
        columns: [
          { header: 'training step', unit: 'ms', digits: 0 },
          { header: 'inference, one image', unit: 'ms', digits: 1 },
          { header: 'parameters', unit: 'M' },
          { header: 'trained', unit: 'M' },
          { header: ['peak memory', 'loaded'], unit: 'GiB' },
          { header: ['peak memory', 'made in place'], unit: 'GiB' },
        ],
        rows: [
          ...['GSNet', 'MM-OVSeg'].map((label): TableRow => ({
            label,
            source: label === 'GSNet' ? 'quoted' : 'paper',
            cells: [null, null, null, null, null, null],
          })),
          ...rows,
        ],
        ...shared(measured, [
          missing('Table A2'),
          ...(costs ? [peakNote(costs.fullSize)] : []),
          'Seconds on the wall of this machine, other work on it included; a step of stage 2 and a forward pass after warm-up, the least of some. Carbon needs the energy, the PUE and the grid intensity of a place: none are known here, so no figure is given.',
        ]),
      },
    ];
  },
};

/** What the two peaks hold: they differ by what loading leaves behind. */
const peakNote = ({ loaded: { startGiB, weightsGiB } }: FullSize): string =>
  `Peak memory: the largest resident memory of a process of its own, run op by op: Node and engine (${startGiB.toFixed(1)} GiB), weights (${weightsGiB.toFixed(1)} GiB), what a pass needs. ` +
  "Loaded: weights from a checkpoint's arrays, of which a second copy lies there until Node collects its garbage; made in place: without that copy. Values of the weights are made up.";

const tableA4: PaperTable = {
  title: paper.tables['Table A4'].title,
  rows: [mmOvSeg, largeRow],
  build: (measured) => [
    {
      title: `Table A4: ${paper.tables['Table A4'].title}`,
      columns: [
        { header: ['paper', 'mean of six settings'], unit: '%', digits: 1 },
        ...(['all pixels', 'cloudy', 'seen', 'unseen'] as const).map((name) => ({
          header: ['here, setting 2', name],
          unit: '%',
          digits: 1,
        })),
        { header: ['here', 'parameters'], unit: 'M' },
      ],
      rows: [
        ...Object.entries(paper.tables['Table A4'].rows).map(([label, cells]): TableRow => ({
          label,
          source: label.startsWith('MM-OVSeg') ? 'paper' : 'quoted',
          cells: [cells.at(-1) ?? null, null, null, null, null, null],
        })),
        ...[mmOvSeg, largeRow].map((row): TableRow => ({
          label: row.label,
          source: 'reproduced',
          cells: [
            null,
            ...(['all pixels', 'cloudy', 'seen', 'unseen'] as const).map((name) => cell(measured, row, figures[name])),
            cell(measured, row, ({ parameters }) => parameters.all / 1e6),
          ],
        })),
      ],
      ...shared(measured, [
        missing('Table A4'),
        'Here "large" is a wider and deeper CLIP and a DINO on its grid; DINO v3 is out of scope.',
      ]),
    },
  ],
};

const unified: readonly Row[] = [withoutCmu, clipCmuOnly, mmOvSeg, bothCmu];

const tableA5: PaperTable = {
  title: paper.tables['Table A5'].title,
  rows: unified,
  build: (measured) => {
    const names = ['all pixels', 'cloudy', 'seen', 'unseen'] as const;
    return [
      {
        title: `Table A5: ${paper.tables['Table A5'].title}`,
        columns: [
          ...names.map((name) => ({ header: ['mIoU', name], unit: '%', digits: 1 })),
          { header: 'parameters', unit: 'M' },
          { header: 'inference, one image', unit: 'ms', digits: 1 },
        ],
        rows: [
          ...unified.map(({ label }, i): TableRow => ({
            label: `model ${i + 1}: ${label}`,
            source: 'paper',
            cells: [...names.map(() => null), null, null],
          })),
          ...unified.map((row, i): TableRow => ({
            label: `model ${i + 1}: ${row.label}`,
            source: 'reproduced',
            cells: [
              ...names.map((name) => cell(measured, row, figures[name])),
              cell(measured, row, ({ parameters }) => parameters.all / 1e6),
              cell(measured, row, ({ secondsATile }) => 1000 * secondsATile),
            ],
          })),
        ],
        ...shared(measured, [missing('Table A5')]),
      },
    ];
  },
};

const residual: readonly Row[] = [mmOvSeg, withoutResidual];

/** The paper's text gives a reason for the residual; it has no table of it. */
const residualStudy: PaperTable = {
  title: 'The residual of the fusion, + h_g (no table of the paper)',
  rows: residual,
  build: (measured) => {
    const names = ['all pixels', 'cloudy', 'seen', 'unseen', 'AUC seen', 'AUC unseen'] as const;
    return [
      {
        title: 'The residual of the fusion, + h_g',
        columns: names.map((name) => ({ header: name, unit: '%', digits: 1 })),
        rows: residual.map((row): TableRow => ({
          label: row.label,
          source: 'reproduced',
          cells: names.map((name) => cell(measured, row, figures[name])),
        })),
        ...shared(measured, ["No table of the paper: its text says that the residual keeps CLIP's semantics and limits drift."]),
      },
    ];
  },
};

/** The tables that can be rebuilt: 2 to 4 by the paper's number, those of its appendix at 10 and their number (A5: 15); 16 is a study of ours. */
export const tables: Readonly<Record<number, PaperTable>> = {
  2: table2,
  3: table3,
  4: table4,
  11: tableA1,
  12: tableA2,
  13: tableA3,
  14: tableA4,
  15: tableA5,
  16: residualStudy,
};

/** 'Table A5' of 15. */
export const printedName = (number: number): string => (number === 16 ? 'Study' : `Table ${number > 10 ? `A${number - 10}` : number}`);
