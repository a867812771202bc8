import { figuresOf, overSeeds } from '@rs/experiments';
import type { Cell, Row as TableRow, Table } from '@rs/report';
import { skies } from '../data.js';
import type { Evaluation } from '../evaluate.js';
import { mmOvSeg, opticalDino, type Row } from '../rows.js';
import type { RunResult } from '../runs.js';
import type { CloudyScores } from './cloudy-scores.js';
import { stagesOfFusion, type Stage } from './fusion-stages.js';
import { rowsUnderSkies, studyLabel, type Study, type StudyRun } from './study.js';
import { absentWord, synonyms, wordLists } from './word-lists.js';

export interface Studied {
  readonly studies: readonly StudyRun[]; // one a seed
  readonly runs: readonly RunResult[];
  readonly classes: readonly string[];
  readonly unseen: readonly number[];
  readonly shared: Pick<Table, 'citation' | 'provenance'>;
}

export const stageNames: Readonly<Record<Stage, string>> = {
  clipCorr: 'CLIP, before fusion',
  denseCorr: 'DINO (optical + SAR), before fusion',
  fused: 'after fusion',
};

export const skyNames = { clear: 'clear sky', thin: 'thin clouds', thick: 'thick clouds' } as const;
const percent = (header: string | [string, string], digits = 1) => ({ header, unit: '%', digits });
const reproduced = (label: string, cells: Cell[]): TableRow => ({ label, source: 'reproduced', cells });

/** What the finished models show beside the paper's tables. */
export function studyTables(studied: Studied): Table[] {
  return [skyTable, sensorTable, stageTable, wordTable, backscatterTable].map((build) => build(studied));
}

const cellOf =
  ({ studies }: Studied) =>
  (figure: (study: Study) => number): Cell =>
    overSeeds(figuresOf(studies, studyLabel, figure));

/** Figure 1's claim: the same places under three skies. */
function skyTable(studied: Studied): Table {
  const cell = cellOf(studied);
  const ofRow = ({ label }: Row): TableRow =>
    reproduced(label, [
      ...skies.map((name) => cell(({ sky }) => 100 * sky[label][name].mIoU)),
      ...(['seen', 'unseen'] as const).map((group) => cell(({ sky }) => 100 * sky[label].thick[group])),
    ]);
  return {
    title: 'Clear sky, thin and thick clouds over the same places',
    columns: [
      ...skies.map((sky) => percent(['mIoU', skyNames[sky]])),
      ...['seen', 'unseen'].map((name) => percent(['thick clouds', name])),
    ],
    rows: rowsUnderSkies.map(ofRow),
    ...studied.shared,
    footnotes: [
      'The pixels under the thick clouds, in all columns: only the sky differs. Optical thickness 0.3 to 1 and 5 to 10. Models trained under mixed clouds.',
    ],
  };
}

/** What each sensor gives: encoders under clouds, the share of SAR, SAR of the wrong place. */
function sensorTable(studied: Studied): Table {
  const cell = cellOf(studied);
  const scores = (score: (study: Study) => CloudyScores): Cell[] =>
    (['mIoU', 'seen', 'unseen'] as const).map((name) => cell((study) => 100 * score(study)[name]));
  return {
    title: 'Clouds and the two encoders; SAR of the place and of another',
    columns: [
      { header: ['1 - cosine to clear sky', 'CLIP'], digits: 3 },
      { header: ['1 - cosine to clear sky', 'DINO'], digits: 3 },
      percent('share of SAR'),
      ...['all', 'seen', 'unseen'].map((name) => percent(['mIoU', name])),
    ],
    rows: [
      ...skies.map((sky) =>
        reproduced(skyNames[sky], [
          ...(['clip', 'dino'] as const).map((name) => (sky === 'clear' ? null : cell(({ sensitivity }) => sensitivity[sky][name]))),
          cell(({ sarShare }) => 100 * sarShare[sky]),
          null,
          null,
          null,
        ]),
      ),
      reproduced('mixed clouds, SAR of the place', [null, null, null, ...scores(({ words }) => words[0])]),
      reproduced('mixed clouds, SAR of another place', [null, null, null, ...scores(({ othersSar }) => othersSar)]),
    ],
    ...studied.shared,
    footnotes: [
      `${mmOvSeg.label}; places under clouds. CLIP: its dense map; DINO: the deepest block of the optical encoder. Share of SAR: of the lengths of the two terms of the fused DINO map. ` +
        'The paper speaks of an adaptive weighting by the quality of the scene; its equation is a plain sum.',
    ],
  };
}

/** Figure 5's claims. */
function stageTable(studied: Studied): Table {
  const cell = cellOf(studied);
  const { classes, unseen, shared } = studied;
  return {
    title: 'Which stage tells the pixels of a class: area under the ROC curve of its map, cloudy pixels',
    columns: [...stagesOfFusion.map((stage) => percent(stageNames[stage])), { header: "correlation of CLIP's and DINO's map" }],
    rows: classes.map((name, id) =>
      reproduced(`${name}${unseen.includes(id) ? ' (unseen)' : ''}`, [
        ...stagesOfFusion.map((stage) => cell(({ stages }) => 100 * stages.auc[stage][id])),
        cell(({ stages }) => stages.correlation[id]),
      ]),
    ),
    ...shared,
    footnotes: ['50 = chance. The paper: complementary before fusion (a low or negative correlation), best after it; no figures.'],
  };
}

/** Other words at test: the claim of an open vocabulary. */
function wordTable(studied: Studied): Table {
  const cell = cellOf(studied);
  const { classes, unseen, shared } = studied;
  const lists = wordLists(classes, unseen);
  const asksFor = (classOf: readonly number[], group: 'seen' | 'unseen'): boolean =>
    classOf.some((id) => id >= 0 && unseen.includes(id) === (group === 'unseen'));
  return {
    title: 'Asked with other words',
    columns: [...['seen', 'unseen'].map((name) => percent(['mIoU', name])), percent(`called ${absentWord}`)],
    rows: lists.map(({ say, classOf }, i) =>
      reproduced(say, [
        ...(['seen', 'unseen'] as const).map((group) => (asksFor(classOf, group) ? cell(({ words }) => 100 * words[i][group]) : null)),
        classOf.includes(-1) ? cell(({ words }) => 100 * words[i].elsewhere) : null,
      ]),
    ),
    ...shared,
    footnotes: [
      `${mmOvSeg.label}; cloudy pixels of the classes that are asked for. Other words: ${classes.flatMap((name) => (synonyms[name] ? [`${synonyms[name]} for ${name}`] : [])).join(', ')}; ` +
        'encoders trained on captions of the class names alone have never read them.',
    ],
  };
}

/** Why water should be easy: SAR intensity by class, and what SAR does for it. */
function backscatterTable(studied: Studied): Table {
  const cell = cellOf(studied);
  const { classes, unseen, runs, shared } = studied;
  const iou = ({ label }: Row, id: number): Cell =>
    overSeeds(figuresOf(runs, label, ({ segmentation }: Evaluation) => 100 * segmentation.cloudy.perClassIoU[id]));
  return {
    title: 'Backscatter and IoU by class',
    columns: [
      { header: ['SAR, 0 to 255', 'mean'], digits: 1 },
      { header: ['SAR, 0 to 255', 'deviation'], digits: 1 },
      percent(['IoU, cloudy pixels', opticalDino.label]),
      percent(['IoU, cloudy pixels', mmOvSeg.label]),
    ],
    rows: classes.map((name, id) =>
      reproduced(`${name}${unseen.includes(id) ? ' (unseen)' : ''}`, [
        cell(({ backscatter }) => backscatter[id].mean),
        cell(({ backscatter }) => backscatter[id].deviation),
        iou(opticalDino, id),
        iou(mmOvSeg, id),
      ]),
    ),
    ...shared,
    footnotes: ['SAR: all labelled pixels of the scored tiles, speckle included; the scored tiles are the same for all seeds. The paper: water is a strong unseen class because its backscatter is low and even.'], // prettier-ignore
  };
}
