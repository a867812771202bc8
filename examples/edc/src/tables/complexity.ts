import type { Cell, Row as TableRow } from '@rs/report';
import { baselines as allBaselines } from '../baselines.js';
import { paper, sourceOf } from '../paper.js';
import { edc, edcStar, naive, withoutDchf } from '../rows.js';
import type { Complexity, NetworkSize } from '../studies/complexity.js';
import { baselineNotes } from './baseline-notes.js';
import { cellOf, percent, shared, type PaperTable } from './paper-table.js';

/** Table IV: size, work and time, of the network at the paper's size and of that of the config, measured on the machine at hand. */
export const complexity: PaperTable = {
  title: paper.tableIV.title,
  rows: [edcStar, edc],
  compares: 'segmentation',
  build: async (measured) => {
    const { dataset, studies, baselines } = measured;
    const printed = paper.tableIV.rows.map((row): TableRow => ({
      label: row.method,
      source: sourceOf(row.method),
      cells: [row.params_M, null, row.GMAC, null, row.throughput_img_s, null, row[dataset].mIoU],
    }));
    const published: Complexity[] = [];
    for (const row of [edc, edcStar, naive, withoutDchf]) published.push(await studies.complexity(row, 'published'));
    const counted: (NetworkSize & Partial<Complexity>)[] = [];
    for (const baseline of allBaselines) {
      const timed = baselines.find(({ label }) => label === baseline.label); // what was asked for is timed
      counted.push(await (timed ? studies.complexity(timed, 'published') : studies.size(baseline, 'published')));
    }
    const trained = [...baselines, edc, edcStar];
    const own: Complexity[] = [];
    for (const row of trained) own.push(await studies.complexity(row, 'config'));
    const reproduced = [
      ...published.map((figures): TableRow => ({
        label: `${figures.label}, the paper's size`,
        source: 'reproduced',
        cells: [...cost(figures, dataset === 'M3M-CR'), null],
      })),
      ...counted.map((figures): TableRow => ({
        label: `${figures.label}, as published`,
        source: 'reproduced',
        cells: [...cost(figures, dataset === 'M3M-CR'), null],
      })),
      ...trained.map((row, i): TableRow => ({
        label: `${row.label}, trained here`,
        source: 'reproduced',
        cells: [...cost(own[i], false), cellOf(measured, row, ({ segmentation }) => percent(segmentation.all.mIoU))],
      })),
    ];
    const [{ engine, cores, batch, side }] = published;
    const cloudSeg = printedCost('CloudSeg')!;
    const saved = 100 * (1 - published[0].parameters / 1e6 / cloudSeg.params_M);
    return {
      title: `Table IV: ${paper.tableIV.title} (the paper's mIoU: ${dataset})`,
      columns: [
        { header: ['parameters', 'all'], unit: 'M' },
        { header: ['parameters', 'less the printed'], unit: 'M', digits: 3 },
        { header: ['GMAC', 'one image'] },
        { header: ['GMAC', 'less the printed'], digits: 3 },
        { header: 'throughput', unit: 'images/s', digits: 1 },
        { header: 'latency', unit: 'ms', digits: 1 },
        { header: 'mIoU', unit: '%' },
      ],
      rows: [...printed, ...reproduced],
      ...shared(
        measured,
        `Time here: forward pass, float32, ${engine}, ${cores} cores; random weights; median of five after one that is not timed. The paper's size: ${side}x${side}, throughput in batches of ${batch}, latency of one image. ` +
          `Trained here: ${own[0].side}x${own[0].side}, batches of ${own[0].batch}. The paper: batch 128, FP16, A100.`,
        ...busyNote([...published, ...own]),
        'GMAC by the rule of thop: convolutions, linear layers, norms; without attention products, pools and upsampling. thop also counts those that are modules, and softmax: by our arithmetic 0.047 more for FTransUNet, 0.004 for AMM-FuseNet.',
        "The paper prints no size of the networks that remove clouds alone. DCSA-Net's public code names a pyramid that it does not contain; a convolution in its place would close the gap.",
        `Parameters against CloudSeg's ${cloudSeg.params_M} M: ${saved.toFixed(1)} % fewer (the paper: 46.7). That EDC runs 1.98 times as fast as CloudSeg is quoted, not checked.`,
        ...(await baselineNotes(measured, baselines)),
      ),
    };
  },
};

/** Times that were taken beside other programs say nothing of the network. */
function busyNote(timed: readonly Complexity[]): string[] {
  const busiest = timed.reduce((most, figures) => (figures.load / figures.cores > most.load / most.cores ? figures : most));
  if (busiest.load <= busiest.cores + 1) return []; // one: this program
  return [
    `BESIDE OTHER PROGRAMS: ${busiest.load.toFixed(0)} were at work on ${busiest.cores} cores when ${busiest.label} was timed. Such times are too long; they are ` +
      'taken anew where the files complexity-*.json are removed.',
  ];
}

const printedCost = (method: string) => paper.tableIV.rows.find((row) => row.method === method);

/** @param isPrinted whether the paper's figures are of this very setting: they stand beside ours as differences */
function cost({ label, parameters, macs, throughput, latency }: NetworkSize & Partial<Complexity>, isPrinted: boolean): Cell[] {
  const printed = isPrinted ? printedCost(label) : undefined;
  const [millions, giga] = [parameters / 1e6, macs / 1e9];
  return [
    millions,
    printed ? millions - printed.params_M : null,
    giga,
    printed ? giga - printed.GMAC : null,
    throughput ?? null,
    latency ?? null,
  ];
}
