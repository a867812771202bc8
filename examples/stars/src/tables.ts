import { distinctRows, figuresOf, overSeeds, withReference } from '@rs/experiments';
import type { Cell, Column, Provenance, Row as TableRow, Source, Table } from '@rs/report';
import type { Config } from './config.js';
import type { TileSplits } from './data.js';
import type { TestScores } from './evaluate.js';
import { paper, type DatasetTable } from './paper.js';
import { references, referenceSource } from './reference.js';
import { ablationRows, alphaRow, betaRows, rowsOf, samplingRow, testLabel, type Row } from './rows.js';
import type { RunResult } from './runs.js';
import { setOf, type Sensor, type SensorSet, type WeakSensor } from './sensors.js';

export interface Setting {
  readonly config: Config;
  readonly splits: Pick<TileSplits, 'dataset' | 'weak' | 'classes'>;
}

/** All that was measured. */
export interface Measured extends Setting {
  readonly runs: readonly RunResult[];
  readonly provenance: Provenance;
  readonly footnotes: readonly string[];
}

export interface NamedTable {
  readonly name: string; // of its files: 'table-1'
  readonly table: Table;
}

/** A table of the paper: on which data it can be rebuilt, which rows have to be run for it, and how it is put together. */
export interface PaperTable {
  readonly datasets: readonly string[]; // configs' `data.dataset`
  readonly rows: (setting: Setting) => Row[];
  readonly build: (measured: Measured) => NamedTable[];
}

export type Statistics = keyof TestScores;

/** A score of a row's test in percent, NaN where there is none. */
export const mIoUOf = (run: RunResult['evaluation'], test: SensorSet, statistics: Statistics): number =>
  100 * (run.tests[test]?.[statistics]?.mIoU ?? NaN);

const sourceOf = (method: string): Source => (/^(baseline|fine-tuning|stars|exp-)/i.test(method) ? 'paper' : 'quoted');
const quoted = 'Rows marked "quoted" are competitors, as the paper prints them; nothing of them was run here.';
const asPrinted = (notes: readonly string[]): string[] => notes.map((note) => `Where the printed figures do not add up: ${note}`);
const ownNote =
  '"Own statistics": batch norms estimated again on training tiles with the test\'s sensors alone, weights unchanged; the paper says nothing of it. ' +
  'A branch in which one layer serves both sensors has none.';
const pairedNote = 'Differences are of runs of the same seed.';

const finite = (values: readonly number[]): number[] => values.filter(Number.isFinite);
const over = (values: readonly number[]): Cell => overSeeds(finite(values));

/** Tables 1 to 3: one data set each. */
function datasetTable(number: 1 | 2 | 3, weak: WeakSensor, dataset: string): PaperTable {
  const printed = paper[`table${number}`];
  const rows = ({ config: { loss }, splits }: Setting): Row[] => {
    const of = (sensor: WeakSensor): Row[] => {
      const { concatenated, optical, weakAlone, fineTuning, stars } = rowsOf(sensor, loss);
      return [concatenated, optical, weakAlone, fineTuning, stars];
    };
    const also = number === 1 && splits.weak.includes('D') ? of('D') : []; // height beside optical: the third kind of missing modality
    return distinctRows([...of(weak), ...also]);
  };
  return {
    datasets: ['synthetic', dataset],
    rows,
    build: (measured) => {
      const reproduced = rows(measured);
      const main: Table = {
        title: `Table ${number}: ${printed.title}, ${printed.missingAtTest} missing at test (reproduced: ${measured.splits.dataset})`,
        columns: [
          { header: 'train' },
          { header: 'test' },
          { header: ['mIoU', 'as trained'], unit: '%' },
          { header: ['mIoU', 'own statistics'], unit: '%' },
          { header: 'mF1', unit: '%' },
        ],
        rows: [...printedScores(printed), ...reproduced.flatMap((row) => row.tests.map((test) => scoreRow(measured, row, test)))],
        citation: paper.source,
        provenance: measured.provenance,
        footnotes: [
          'S: SAR, O: optical, D: height. Rows tested on both sensors, or on the one that STARS lacks, are references outside the ranking.',
          ownNote,
          quoted,
          ...asPrinted(printed.inconsistencies),
          ...measured.footnotes,
        ],
      };
      return [
        { name: `table-${number}`, table: weak === 'S' ? referenced(main, measured, [2, 3]) : main },
        { name: `table-${number}-classes`, table: classTable(number, printed, measured, reproduced, weak) },
      ];
    },
  };
}

const printedScores = ({ rows }: DatasetTable): TableRow[] =>
  rows.map(({ method, train, test, mIoU, mF1 }) => ({ label: method, source: sourceOf(method), cells: [train, test, mIoU, null, mF1] }));

function scoreRow({ runs }: Measured, row: Row, test: readonly Sensor[]): TableRow {
  const set = setOf(test);
  const scores = (figure: (scores: TestScores) => number): Cell =>
    over(figuresOf(runs, row.label, ({ tests }) => 100 * figure(tests[set])));
  const train = row.network.kind === 'fine-tuning' ? `${setOf(row.network.from.train)}, then ${setOf(row.train)}` : setOf(row.train);
  return {
    label: testLabel(row, set),
    source: 'reproduced',
    cells: [train, set, scores(({ running }) => running.mIoU), scores(({ own }) => own?.mIoU ?? NaN), scores(({ running }) => running.mF1)],
  };
}

/** IoU by class: of the paper's classes where the data has them, else of the data's own. */
function classTable(number: number, printed: DatasetTable, measured: Measured, rows: readonly Row[], weak: WeakSensor): Table {
  const { splits, runs, config } = measured;
  const same = config.data.dataset !== 'synthetic';
  const names = same ? Object.keys(printed.rows[0].classIoU) : splits.classes;
  const cells = (values: Readonly<Record<string, number>>): Cell[] => names.map((name) => values[name]);
  const gain = printed.printedGain;
  const paperRows: TableRow[] = [
    ...printed.rows.map(({ method, classIoU }): TableRow => ({ label: method, source: sourceOf(method), cells: cells(classIoU) })),
    { label: `gain over ${gain.reference}, as printed`, source: 'paper', cells: cells(gain.classIoU) },
  ];
  const { stars, baseline, tested } = rowsOf(weak, config.loss);
  const ious = (label: string, set: SensorSet, seed: number): readonly number[] | undefined =>
    runs.find((run) => run.label === label && run.seed === seed)?.evaluation.tests[set]?.running.perClassIoU;
  const gains = names.map((_, id) =>
    over(
      measured.provenance.seeds.map(
        (seed) => 100 * ((ious(stars.label, tested, seed)?.[id] ?? NaN) - (ious(baseline.label, tested, seed)?.[id] ?? NaN)),
      ),
    ),
  );
  const reproduced = rows.flatMap((row) =>
    row.tests.map((test): TableRow => {
      const set = setOf(test);
      const ofClass = (id: number): Cell => over(figuresOf(runs, row.label, ({ tests }) => 100 * tests[set].running.perClassIoU[id]));
      return { label: testLabel(row, set), source: 'reproduced', cells: names.map((_, id) => ofClass(id)) };
    }),
  );
  const shares = names.map((_, id) => classShare(runs, id));
  return {
    title: `Table ${number}, IoU by class, batch norms as trained (${same ? printed.title : splits.dataset})`,
    columns: names.map((header): Column => ({ header, unit: '%' })),
    rows: [
      ...(same ? paperRows : []),
      ...reproduced,
      { label: `gain of ${stars.label} over ${baseline.label}`, source: 'reproduced', cells: gains },
      { label: 'share of the scored pixels', source: 'reproduced', cells: shares },
    ],
    ...(same && { citation: paper.source }),
    provenance: measured.provenance,
    footnotes: [
      ...(same
        ? asPrinted(printed.inconsistencies)
        : [`The paper's IoU by class is of other classes (${Object.keys(printed.rows[0].classIoU).join(', ')}): see tables.json.`]),
      pairedNote,
    ],
  };
}

function classShare(runs: readonly RunResult[], id: number): Cell {
  const [first] = Object.values(runs[0].evaluation.tests);
  const counts = first.running.confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  return (100 * counts[id]) / counts.reduce((sum, count) => sum + count, 0);
}

/** The reference implementation's figures beside ours, where the setting is the one that it measured. */
function referenced(table: Table, { config, runs }: Measured, [running, own]: readonly [number, number]): Table {
  if (config.name !== 'synthetic') return table;
  const labels = runs.map(({ label }) => label);
  const known = table.rows.filter(({ source, label }) => source === 'reproduced' && labels.includes(label)).map(({ label }) => label);
  const withOwn = withReference(table, { column: own, references: references('own', known), source: referenceSource });
  return withReference(withOwn, { column: running, references: references('running', known), source: referenceSource });
}

/** Table 4: what each module adds. */
const table4: PaperTable = {
  datasets: ['synthetic', 'earthmiss', 'whu-opt-sar'],
  rows: (setting) => table4Rows(setting).map(({ row }) => row),
  build: (measured) => {
    const { config, runs, provenance } = measured;
    const { baseline } = rowsOf('S', config.loss);
    const stages = [...config.model.alignStages].sort();
    const mark = (there: boolean): string => (there ? 'yes' : 'no');
    const printed = paper.table4.rows.map((row): TableRow => ({
      label: row.method,
      source: 'paper',
      cells: [
        mark(row.translation),
        mark(row.ncs),
        mark(row.psc),
        row.EarthMiss,
        row['WHU-OPT-SAR'],
        null,
        null,
        null,
        null,
        null,
        ...stages.map(() => null),
      ],
    }));
    const reproduced = table4Rows(measured).map(({ row, uses }): TableRow => {
      const ofRow = runs.filter(({ label }) => label === row.label);
      const figures = (statistics: Statistics): number[] => ofRow.map(({ evaluation }) => mIoUOf(evaluation, 'S', statistics));
      const gains = ofRow.map(({ seed, evaluation }) => {
        const other = runs.find((run) => run.label === baseline.label && run.seed === seed);
        return other && row.label !== baseline.label ? mIoUOf(evaluation, 'S', 'own') - mIoUOf(other.evaluation, 'S', 'own') : NaN;
      });
      const last = (term: string): Cell => over(ofRow.map(({ curves }) => curves[term]?.at(-1) ?? NaN));
      const collapse = (stage: number): Cell => over(ofRow.map(({ evaluation }) => evaluation.alignment.at(-1)?.collapse[stage] ?? NaN));
      const [translation, ncs, psc] = uses.map(mark);
      return {
        label: row.label,
        source: 'reproduced',
        cells: [
          translation,
          ncs,
          psc,
          null,
          null,
          over(figures('running')),
          over(figures('own')),
          over(gains),
          last('ncs'),
          last('psc'),
          ...stages.map(collapse),
        ],
      };
    });
    const table: Table = {
      title: `Table 4: ${paper.table4.title}, SAR alone at test (reproduced: ${measured.splits.dataset})`,
      columns: [
        { header: 'translation' },
        { header: 'L_ncs' },
        { header: 'L_psc' },
        { header: ['mIoU', 'EarthMiss'], unit: '%' },
        { header: ['mIoU', 'WHU-OPT-SAR'], unit: '%' },
        { header: ['mIoU here', 'as trained'], unit: '%' },
        { header: ['mIoU here', 'own statistics'], unit: '%' },
        { header: ['mIoU here', 'own, less Baseline-SAR'], unit: '%' },
        { header: ['last step', 'L_ncs'] },
        { header: ['last step', 'L_psc'] },
        ...stages.map((stage) => ({ header: ['collapse index', `stage ${stage}`] })),
      ],
      rows: [...printed, ...reproduced],
      citation: paper.source,
      provenance,
      footnotes: [
        `"architecture alone" (both loss weights 0) is not in the paper, whose exp-1 changes encoders, decoders and loss at once. ${pairedNote}`,
        'L_ncs and L_psc: values of the last step, for a row without the loss what it would have been. Collapse index: 0 is one vector for every pixel; compare rows, not its value.',
        ownNote,
        ...asPrinted([paper.table4.note]),
        ...measured.footnotes,
      ],
    };
    return [{ name: 'table-4', table: referenced(table, measured, [5, 6]) }];
  },
};

function table4Rows({ config: { loss } }: Setting): { row: Row; uses: [translation: boolean, ncs: boolean, psc: boolean] }[] {
  const rows = rowsOf('S', loss);
  const { architecture, exp1, exp2, exp3 } = ablationRows(rows, loss);
  return [
    { row: rows.baseline, uses: [false, false, false] },
    { row: architecture, uses: [false, false, false] },
    { row: exp1, uses: [false, true, false] },
    { row: exp2, uses: [true, true, false] },
    { row: exp3, uses: [false, true, true] },
    { row: rows.stars, uses: [true, true, true] },
  ];
}

/** The weights of L_ncs in table 5. */
export const betaSweep = ({ config: { loss } }: Setting): ReturnType<typeof betaRows> =>
  betaRows(rowsOf('S', loss), loss, paper.table5.rows.map(({ beta }) => beta)); // prettier-ignore

const sarScore = ({ runs }: Measured, { label }: Row, statistics: Statistics): Cell =>
  over(figuresOf(runs, label, (evaluation) => mIoUOf(evaluation, 'S', statistics)));

/** Table 5: the weight of L_ncs with and without stop-gradient. */
const table5: PaperTable = {
  datasets: ['synthetic', 'earthmiss'],
  rows: (setting) => distinctRows(betaSweep(setting).flatMap(({ detached, attached }) => [detached, attached])),
  build: (measured) => {
    const { config, runs } = measured;
    const collapse = ({ label }: Row): Cell =>
      over(figuresOf(runs, label, ({ alignment }) => mean(Object.values(alignment.at(-1)?.collapse ?? {}))));
    const printed = paper.table5.rows.map((row): TableRow => ({
      label: `beta ${row.beta}`,
      source: 'paper',
      cells: [row.withDetach, row.withoutDetach, null, null, null, null],
    }));
    const reproduced = betaSweep(measured).map(({ beta, detached, attached }): TableRow => {
      const pair = (cell: (row: Row) => Cell): Cell[] => [cell(detached), cell(attached)];
      return {
        label: `beta ${beta}`,
        source: 'reproduced',
        cells: [...pair((row) => sarScore(measured, row, 'running')), ...pair((row) => sarScore(measured, row, 'own')), ...pair(collapse)],
      };
    });
    const both = (header: string, unit?: string): Column[] =>
      ['detached', 'not detached'].map((name) => ({ header: [header, name], ...(unit && { unit }) }));
    const table: Table = {
      title: `Table 5: ${paper.table5.title}, SAR alone at test (reproduced: ${measured.splits.dataset})`,
      columns: [...both('mIoU', '%'), ...both('mIoU, own statistics', '%'), ...both('collapse index')],
      rows: [...printed, ...reproduced],
      citation: paper.source,
      provenance: measured.provenance,
      footnotes: [
        `Reproduced at alpha ${config.loss.alpha} (the paper: 0.5), ${config.loss.perClass} pixels a class. Collapse index: mean of the aligned stages and both sensors; 0 is one vector for every pixel.`,
        ...asPrinted(paper.table5.inconsistencies),
        ...measured.footnotes,
      ],
    };
    return [{ name: 'table-5', table }];
  },
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

interface SweepRow {
  readonly label: string; // as the table says it
  readonly row: Row;
  readonly printed: { readonly EarthMiss: number; readonly 'WHU-OPT-SAR': number; readonly mean: number };
}

/** Tables 6 and 7: one setting varies, both SAR data sets. */
function sweepTable(number: 6 | 7, sweep: (setting: Setting) => SweepRow[], fixed: (config: Config) => string): PaperTable {
  const { title, inconsistencies } = paper[`table${number}`];
  return {
    datasets: ['synthetic', 'earthmiss', 'whu-opt-sar'],
    rows: (setting) => distinctRows(sweep(setting).map(({ row }) => row)),
    build: (measured) => {
      const rows = sweep(measured);
      const table: Table = {
        title: `Table ${number}: ${title}, SAR alone at test (reproduced: ${measured.splits.dataset})`,
        columns: [
          ...['EarthMiss', 'WHU-OPT-SAR', 'mean'].map((name): Column => ({ header: ['paper', name], unit: '%' })),
          { header: ['here', 'as trained'], unit: '%' },
          { header: ['here', 'own statistics'], unit: '%' },
          { header: ['here', 'L_psc, last step'] },
        ],
        rows: [
          ...rows.map(({ label, printed }): TableRow => ({
            label,
            source: 'paper',
            cells: [printed.EarthMiss, printed['WHU-OPT-SAR'], printed.mean, null, null, null],
          })),
          ...rows.map(({ label, row }): TableRow => {
            const psc = over(measured.runs.filter((run) => run.label === row.label).map(({ curves }) => curves.psc?.at(-1) ?? NaN));
            return {
              label,
              source: 'reproduced',
              cells: [null, null, null, sarScore(measured, row, 'running'), sarScore(measured, row, 'own'), psc],
            };
          }),
        ],
        citation: paper.source,
        provenance: measured.provenance,
        footnotes: [`Reproduced at ${fixed(measured.config)}.`, ...asPrinted(inconsistencies), ...measured.footnotes],
      };
      return [{ name: `table-${number}`, table }];
    },
  };
}

const table6 = sweepTable(
  6,
  ({ config: { loss } }) =>
    paper.table6.rows.map((printed) => ({
      label: `alpha ${printed.alpha}`,
      row: alphaRow(rowsOf('S', loss), loss, printed.alpha),
      printed,
    })),
  ({ loss }) => `beta ${loss.beta}, ${loss.perClass} pixels a class`,
);

const table7 = sweepTable(
  7,
  ({ config: { loss } }) =>
    paper.table7.rows.map((printed) => {
      const perClass = printed.perClass ?? 'all';
      return {
        label: perClass === 'all' ? 'no sampling' : `${perClass} a class`,
        row: samplingRow(rowsOf('S', loss), loss, perClass),
        printed,
      };
    }),
  ({ loss }) => `alpha ${loss.alpha} (the paper: 0.5), beta ${loss.beta}`,
);

/** The tables that can be rebuilt, by the paper's number. */
export const tables: Readonly<Record<number, PaperTable>> = {
  1: datasetTable(1, 'S', 'earthmiss'),
  2: datasetTable(2, 'S', 'whu-opt-sar'),
  3: datasetTable(3, 'D', 'potsdam'),
  4: table4,
  5: table5,
  6: table6,
  7: table7,
};
