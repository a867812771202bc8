import { table3 } from './tables/ablation.js';
import { tableA4 } from './tables/backbones.js';
import { tableA2 } from './tables/costs.js';
import type { PaperTable } from './tables/paper-table.js';
import { residualStudy } from './tables/residual.js';
import { table2, tableA3 } from './tables/settings.js';
import { tableA1 } from './tables/training.js';
import { tableA5 } from './tables/unified-encoders.js';
import { table4 } from './tables/unification-losses.js';

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
