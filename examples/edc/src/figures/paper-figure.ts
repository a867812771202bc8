import type { Block } from '@rs/report';
import type { Row } from '../rows.js';
import type { Place } from '../place.js';
import type { Compared, Measured } from '../tables/paper-table.js';

/** All that was measured, and the first seed's place, whose networks are shown. */
export interface Shown extends Measured {
  readonly place: Place;
}

/** A figure of the paper, or what stands for it here: which rows have to be run for it, and how it is drawn. Its tables are printed, too. */
export interface PaperFigure {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly compares?: Compared; // as of a table
  readonly draw: (shown: Shown) => Block[] | Promise<Block[]>;
}
