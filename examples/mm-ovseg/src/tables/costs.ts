import type { Row as TableRow } from '@rs/report';
import type { FullSize } from '../full-size.js';
import { paper } from '../paper.js';
import { mmOvSeg, opticalDino, type Row } from '../rows.js';
import { cell, missing, named, shared, type PaperTable } from './paper-table.js';

/** The rows that Table A2 compares. */
export const costRows: readonly Row[] = [opticalDino, mmOvSeg];

/** Table A2: time, parameters and memory. */
export const tableA2: PaperTable = {
  title: paper.tables['Table A2'].title,
  rows: costRows,
  costs: true,
  build: (measured) => {
    const { costs } = measured;
    const rows: TableRow[] = costRows.map((row) => ({
      label: `${named(row)}, small`,
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
