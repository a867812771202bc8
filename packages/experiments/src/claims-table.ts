import type { Provenance, Table } from '@rs/report';
import type { JudgedClaim } from './claims.js';
import { overSeeds } from './mean-and-spread.js';
import { fewestRuns } from './verdict.js';

export interface ClaimsTableOptions {
  readonly title?: string;
  readonly provenance: Provenance;
  readonly citation?: string; // of the paper
  readonly footnotes?: readonly string[];
}

const rule =
  `Verdict: "held" when the difference has the claimed sign in every run and its mean exceeds t sd / sqrt(n), Student's t at 95 % (4.30 for three runs); ` +
  `"not held" when it has the other sign in every run and exceeds that; else "within spread". Under ${fewestRuns} runs there is none.`;

/** One row a claim: the paper's difference, the one measured here, run by run, and the verdict. */
export function claimsTable(claims: readonly JudgedClaim[], options: ClaimsTableOptions): Table {
  const { title = 'Claims of the paper, checked here', provenance, citation, footnotes = [] } = options;
  return {
    title,
    columns: [
      { header: 'paper (its data and scale)' },
      { header: ['here', 'difference'] },
      { header: ['here', 'run by run'] },
      { header: ['here', 'sign as claimed'] },
      { header: ['here', 'verdict'] },
    ],
    rows: claims.map(({ text, unit, paper, differences, verdict }) => {
      const values = differences.map(({ difference }) => difference);
      const asClaimed = values.filter((difference) => difference > 0).length;
      return {
        label: `${text} (${unit})`,
        source: 'reproduced',
        cells: [paper, overSeeds(values), values.map(signed).join(' ') || null, `${asClaimed} of ${values.length}`, verdict],
      };
    }),
    ...(citation !== undefined && { citation }),
    provenance,
    footnotes: [rule, ...footnotes],
  };
}

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(2)}`;
