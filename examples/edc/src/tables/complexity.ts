import type { Cell, Row as TableRow } from '@rs/report';
import { paper, sourceOf } from '../paper.js';
import { edc, edcStar, naive, withoutDchf } from '../rows.js';
import type { Complexity } from '../studies/complexity.js';
import { cellOf, percent, shared, type PaperTable } from './paper-table.js';

const cost = ({ parameters, macs, throughput, latency }: Complexity): Cell[] => [parameters / 1e6, macs / 1e9, throughput, latency];

/** Table IV: size, work and time, of the network at the paper's size and of that of the config, measured on the machine at hand. */
export const complexity: PaperTable = {
  title: paper.tableIV.title,
  rows: [edcStar, edc],
  build: async (measured) => {
    const { dataset, studies } = measured;
    const printed = paper.tableIV.rows.map((row): TableRow => ({
      label: row.method,
      source: sourceOf(row.method),
      cells: [row.params_M, row.GMAC, row.throughput_img_s, null, row[dataset].mIoU],
    }));
    const published: Complexity[] = [];
    for (const row of [edc, edcStar, naive, withoutDchf]) published.push(await studies.complexity(row, 'published'));
    const own: Complexity[] = [];
    for (const row of [edc, edcStar]) own.push(await studies.complexity(row, 'config'));
    const reproduced = [
      ...published.map((figures): TableRow => ({
        label: `${figures.label}, the paper's size`,
        source: 'reproduced',
        cells: [...cost(figures), null],
      })),
      ...[edc, edcStar].map((row, i): TableRow => ({
        label: `${row.label}, trained here`,
        source: 'reproduced',
        cells: [...cost(own[i]), cellOf(measured, row, ({ segmentation }) => percent(segmentation.all.mIoU))],
      })),
    ];
    const [{ engine, cores, batch, side }] = published;
    const cloudSeg = paper.tableIV.rows.find(({ method }) => method === 'CloudSeg')!;
    const saved = 100 * (1 - published[0].parameters / 1e6 / cloudSeg.params_M);
    return {
      title: `Table IV: ${paper.tableIV.title} (the paper's mIoU: ${dataset})`,
      columns: [
        { header: 'parameters', unit: 'M' },
        { header: 'GMAC' },
        { header: 'throughput', unit: 'images/s', digits: 1 },
        { header: 'latency', unit: 'ms', digits: 1 },
        { header: 'mIoU', unit: '%' },
      ],
      rows: [...printed, ...reproduced],
      ...shared(
        measured,
        `Time here: forward pass, float32, ${engine}, ${cores} cores; random weights; median of five after one that is not timed. The paper's size: ${side}x${side}, throughput in batches of ${batch}, latency of one image. ` +
          `Trained here: ${own[0].side}x${own[0].side}, batches of ${own[0].batch}. The paper: batch 128, FP16, A100.`,
        'GMAC by the rule of thop: convolutions, linear layers, norms; without attention products.',
        `Parameters against CloudSeg's ${cloudSeg.params_M} M: ${saved.toFixed(1)} % fewer (the paper: 46.7). That EDC runs 1.98 times as fast as CloudSeg is quoted, not checked.`,
      ),
    };
  },
};
