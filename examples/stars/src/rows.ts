import type { Config } from './config.js';
import { setOf, type Sensor, type SensorSet, type WeakSensor } from './sensors.js';

/** How a row of STARS differs from the config's (spec, section 8). */
export interface StarsVariant {
  readonly translation: boolean; // false: p1 = f1, p2 = f2
  readonly alpha: number; // of L_psc
  readonly beta: number; // of L_ncs
  readonly stopGradient: boolean;
  readonly perClass: number | 'all';
}

/** One row that is trained, and on what it is tested. */
export interface Row {
  readonly label: string;
  readonly train: readonly Sensor[]; // weak before optical
  readonly tests: readonly (readonly Sensor[])[]; // the first one is what the paper tests
  readonly network:
    | { readonly kind: 'single' }
    | { readonly kind: 'concatenated' }
    | { readonly kind: 'fine-tuning'; readonly from: Row } // a finished baseline of the other sensor
    | { readonly kind: 'stars'; readonly variant: StarsVariant };
}

/** What the tables of a missing modality compare. */
export interface Rows {
  readonly weak: WeakSensor;
  readonly tested: Sensor; // the modality that is there at test
  readonly optical: Row;
  readonly weakAlone: Row;
  readonly baseline: Row; // of the tested sensor: one of the two before
  readonly concatenated: Row;
  readonly fineTuning: Row;
  readonly stars: Row;
}

const single = (label: string, sensor: Sensor): Row => ({ label, train: [sensor], tests: [[sensor]], network: { kind: 'single' } });

/** The rows for SAR beside optical (tables 1 and 2) or height beside optical (table 3). Baseline-OPT serves both. */
export function rowsOf(weak: WeakSensor, loss: Config['loss']): Rows {
  const suffix = weak === 'D' ? ' (height)' : '';
  const optical = single('Baseline-OPT', 'O');
  const weakAlone = single(weak === 'S' ? 'Baseline-SAR' : 'Baseline-DSM', weak);
  const tested = weak === 'S' ? 'S' : 'O';
  const [baseline, other] = weak === 'S' ? [weakAlone, optical] : [optical, weakAlone];
  return {
    weak,
    tested,
    optical,
    weakAlone,
    baseline,
    concatenated: { label: `Baseline (Concat)${suffix}`, train: [weak, 'O'], tests: [[weak, 'O']], network: { kind: 'concatenated' } },
    fineTuning: { label: `Fine-tuning${suffix}`, train: [tested], tests: [[tested]], network: { kind: 'fine-tuning', from: other } },
    stars: starsRow(`STARS${suffix}`, weak, fullVariant(loss)),
  };
}

const fullVariant = ({ alpha, beta, perClass }: Config['loss']): StarsVariant => ({
  translation: true,
  alpha,
  beta,
  stopGradient: true,
  perClass,
});

/** The branch that the paper tests first, then the other two of the same network. */
function starsRow(label: string, weak: WeakSensor, variant: StarsVariant): Row {
  const branches: Sensor[][] = weak === 'S' ? [['S'], ['O'], ['S', 'O']] : [['O'], ['D'], ['D', 'O']];
  return { label, train: [weak, 'O'], tests: branches, network: { kind: 'stars', variant } };
}

/** A variant of the config's STARS; the config's own is the row "STARS" itself, whatever table asks for it. */
function variantRow(label: string, { stars, weak }: Rows, loss: Config['loss'], changes: Partial<StarsVariant>): Row {
  const full = fullVariant(loss);
  const same = (Object.keys(changes) as (keyof StarsVariant)[]).every((key) => changes[key] === full[key]);
  return same ? stars : starsRow(label, weak, { ...full, ...changes });
}

/** Table 4, and the architecture without any alignment loss, which the paper has not. */
export function ablationRows(rows: Rows, loss: Config['loss']) {
  const row = (label: string, changes: Partial<StarsVariant>): Row => variantRow(label, rows, loss, changes);
  return {
    architecture: row('architecture alone', { translation: false, alpha: 0, beta: 0 }),
    exp1: row('exp-1', { translation: false, alpha: 0 }),
    exp2: row('exp-2', { alpha: 0 }),
    exp3: row('exp-3', { translation: false }),
  };
}

/** Table 5: the weight of L_ncs with and without stop-gradient. */
export const betaRows = (rows: Rows, loss: Config['loss'], betas: readonly number[]): { beta: number; detached: Row; attached: Row }[] =>
  betas.map((beta) => ({
    beta,
    detached: variantRow(`beta ${beta}`, rows, loss, { beta }),
    attached: variantRow(`beta ${beta}, no stop-gradient`, rows, loss, { beta, stopGradient: false }),
  }));

/** Table 6: the weight of L_psc. */
export const alphaRow = (rows: Rows, loss: Config['loss'], alpha: number): Row => variantRow(`alpha ${alpha}`, rows, loss, { alpha });

/** Table 7: how many pixels are sampled a class. */
export const samplingRow = (rows: Rows, loss: Config['loss'], perClass: number | 'all'): Row =>
  variantRow(perClass === 'all' ? 'no sampling' : `${perClass} a class`, rows, loss, { perClass });

/** The name of a row's test in a table: that of the row alone for what the paper tests. */
export const testLabel = ({ label, tests }: Row, test: SensorSet): string =>
  setOf(tests[0]) === test ? label : `${label}, tested on ${test}`;
