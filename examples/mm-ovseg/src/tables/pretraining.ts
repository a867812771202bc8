import { figuresOf, overSeeds, withReference } from '@rs/experiments';
import type { Cell, Table } from '@rs/report';
import { cmuLabel, type PretrainingFigures } from '../pretraining.js';
import { pretrainingReferences, referenceSource } from '../references.js';
import type { CmuKind } from '../rows.js';
import { shared, type Measured } from './paper-table.js';

/** What each stage of pre-training is worth, beside the reference. */
export function pretrainingTable(measured: Measured): Table {
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
