import { setImmediate as nextTurn } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { Reporter, ReproduceOptions } from '@rs/experiments';
import { countParameters, disposeModule, Random, torchInit } from '@rs/nn';
import { BidirectionalSsmLayer, localAlign, OtMmdSegmenter, type SegmenterVariant } from '@rs/ot-mmd-fusion';
import type { Provenance, Row as TableRow, Table } from '@rs/report';
import { capture } from '@rs/engine';
import { segmenterConfig } from './build-model.js';
import type { Config } from './config.js';
import { countFlops, type Operations } from './count-flops.js';
import { capturedForward } from './forward.js';
import { paper } from './paper.js';
import { variantRows } from './rows.js';

export interface VariantCost extends Operations {
  readonly variant: SegmenterVariant;
  readonly parameters: number;
  readonly fusionParameters: number; // of the fusion blocks alone
  readonly imagesPerSecond: number; // one at a time; median
  readonly processorSeconds: number; // of one image, all threads together; median
}

/** Seconds of processor time that parts of the fusion take, by the tokens of a map; medians. */
export interface Growth {
  readonly tokens: number;
  readonly scan: number; // of the bidirectional layer on the interleaved sequence, twice as long
  readonly transport: number; // of the alignment in both directions
}

export interface Efficiency {
  readonly engine: string;
  readonly variants: readonly VariantCost[];
  readonly growth: readonly Growth[];
}

/** Measures all variants in evaluation. An interruption is heard after each measurement. */
export async function measureEfficiency({ config, engine, reporter, eager }: ReproduceOptions<Config>): Promise<Efficiency> {
  const { size, repeats, tokens } = config.efficiency;
  reporter.stage(`Efficiency: variants on ${size}x${size} images`);
  const variants = await variantCosts(config, eager, reporter);
  for (const { variant, imagesPerSecond } of variants) reporter.note(`${variant}: ${imagesPerSecond.toPrecision(3)} images/s`);
  reporter.stage(`Efficiency: fusion of ${tokens.join(', ')} tokens`);
  const growth: Growth[] = [];
  for (const count of tokens) {
    growth.push(growthAt(count, repeats, eager));
    reporter.progress(growth.length, tokens.length, `${count} tokens`);
    await nextTurn();
  }
  return { engine, variants, growth };
}

/** One image after the other through all variants, round by round, so that what else the machine does meets them alike. */
async function variantCosts({ model: small, efficiency }: Config, eager: boolean, reporter: Reporter): Promise<VariantCost[]> {
  const { model: size, repeats, size: side } = efficiency;
  const image = tf.randomUniform<tf.Rank.R4>([1, side, side, 3], 0, 1, 'float32', 1);
  const aux = tf.randomUniform<tf.Rank.R4>([1, side, side, 1], 0, 1, 'float32', 2);
  const measured = variantRows('elevation').map((row) => {
    const { variant } = row;
    const model = new OtMmdSegmenter(size === 'paper' ? { variant } : { ...segmenterConfig(small, row), numClasses: 6 }, new Random(0));
    const operations = countFlops(model, () => tf.tidy(() => void model.call(image, aux, 'eval')));
    return { variant, model, operations, forward: capturedForward(model, { eager, frozen: true }), times: [] as Times[] };
  });
  try {
    for (let round = 0; round <= repeats; round++) {
      for (const { forward, times } of measured) {
        const taken = timed(() => forward({ image, aux }).logits);
        if (round > 0) times.push(taken); // the first round warms up
        await nextTurn();
      }
      reporter.progress(round, repeats, 'rounds');
    }
    return measured.map(({ variant, model, operations, times }) => ({
      variant,
      parameters: countParameters(model),
      fusionParameters: countParameters(model.fusion),
      ...operations,
      imagesPerSecond: 1 / median(times.map(({ seconds }) => seconds)),
      processorSeconds: median(times.map(({ processorSeconds }) => processorSeconds)),
    }));
  } finally {
    for (const { forward, model } of measured) {
      forward.dispose();
      disposeModule(model);
    }
    tf.dispose([image, aux]);
  }
}

function growthAt(tokens: number, repeats: number, eager: boolean): Growth {
  const dim = 96; // the paper's scale: fusionDim and stateSize of `OtMmdSegmenter` by default
  const layer = new BidirectionalSsmLayer({ dim }, torchInit(new Random(0)));
  const sequence = tf.randomNormal<tf.Rank.R3>([1, 2 * tokens, dim], 0, 1, 'float32', 1);
  const [xp, xg] = [2, 3].map((seed) => tf.randomNormal<tf.Rank.R3>([1, tokens, dim], 0, 1, 'float32', seed));
  const scan = capture(({ x }: { x: tf.Tensor3D }) => ({ y: layer.call(x) }), { eager, frozen: true });
  const transport = capture(
    ({ p, g }: { p: tf.Tensor3D; g: tf.Tensor3D }) => {
      const { alignedP, alignedG } = localAlign(p, g, { normalization: 'barycentric' });
      return { y: tf.concat([alignedP, alignedG], 1) }; // a graph leaves out what nobody reads
    },
    { eager, frozen: true },
  );
  try {
    return {
      tokens,
      scan: medianSeconds(repeats, () => scan({ x: sequence }).y),
      transport: medianSeconds(repeats, () => transport({ p: xp, g: xg }).y),
    };
  } finally {
    scan.dispose();
    transport.dispose();
    tf.dispose([sequence, xp, xg]);
    disposeModule(layer);
  }
}

interface Times {
  readonly seconds: number;
  readonly processorSeconds: number; // user and system
}

/** Of one run, until its value is there. */
function timed(run: () => tf.Tensor): Times {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const result = run();
  result.dataSync();
  const { user, system } = process.cpuUsage(used);
  const seconds = (performance.now() - start) / 1000;
  result.dispose();
  return { seconds, processorSeconds: (user + system) / 1e6 };
}

/** Of processor time, after one run to warm up. */
function medianSeconds(repeats: number, run: () => tf.Tensor): number {
  timed(run);
  return median(Array.from({ length: repeats }, () => timed(run).processorSeconds));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** Section 4.4: what the fusion costs beside variant A. */
export function efficiencyTable({ variants, engine }: Efficiency, config: Config): Table {
  const {
    parameter_increase_millions_approx: increase,
    flops_increase_percent: flops,
    throughput_decrease_percent: throughput,
  } = paper.efficiency_4_4;
  const base = variants.find(({ variant }) => variant === 'A')!;
  const change = (value: number, of: number): number => 100 * (value / of - 1);
  return {
    title: 'Section 4.4: cost of the variants',
    columns: [
      { header: ['parameters', 'all'], unit: 'M', digits: 3 },
      { header: ['parameters', 'fusion blocks'], unit: 'M', digits: 3 },
      { header: ['parameters', 'against A'], unit: 'M', digits: 3 },
      { header: 'MACs', unit: 'G', digits: 3 },
      { header: ['FLOPs', 'all'], unit: 'G', digits: 3 },
      { header: ['FLOPs', 'against A'], unit: '%', digits: 1 },
      { header: ['throughput', 'images/s'], digits: 3 },
      { header: ['throughput', 'against A'], unit: '%', digits: 1 },
      { header: ['processor time', 'an image'], unit: 's', digits: 3 },
      { header: ['processor time', 'against A'], unit: '%', digits: 1 },
    ],
    rows: [
      {
        label: 'the block (reference not named)',
        source: 'paper',
        cells: [
          null,
          `about ${increase}`,
          `about +${increase}`,
          null,
          null,
          `+${flops.join(' to +')}`,
          null,
          `-${throughput.join(' to -')}`,
          null,
          null,
        ],
      },
      ...variants.map((cost): TableRow => ({
        label: cost.variant,
        source: 'reproduced',
        cells: [
          cost.parameters / 1e6,
          cost.fusionParameters / 1e6,
          (cost.parameters - base.parameters) / 1e6,
          cost.macs / 1e9,
          cost.flops / 1e9,
          change(cost.flops, base.flops),
          cost.imagesPerSecond,
          change(cost.imagesPerSecond, base.imagesPerSecond),
          cost.processorSeconds,
          change(cost.processorSeconds, base.processorSeconds),
        ],
      })),
    ],
    citation: paper.paper,
    provenance: costProvenance(config, engine),
    footnotes: [
      'FLOPs: two a multiply-add of convolutions, matrix products and per-pixel filters, 9 B L D N a selective scan, 2 n m d a block for the transport cost; MMD runs in training alone.',
      `Throughput: one image at a time in evaluation, weights frozen, variants in turn, median of ${config.efficiency.repeats} rounds after one to warm up. ` +
        'On a machine that does other work go by the processor time, which that hardly changes.',
      '"about 0.8 M" may be the size of the block or the change against a baseline: both are printed.',
    ],
  };
}

/** How the parts of the fusion grow with the tokens: slopes on logarithmic axes, 1 is linear, 2 quadratic. */
export function growthTable({ growth, engine }: Efficiency, config: Config): Table {
  const row = (label: string, seconds: (at: Growth) => number, expected: string): TableRow => ({
    label,
    source: 'reproduced',
    cells: [...growth.map((at) => 1000 * seconds(at)), slope(growth, seconds), expected],
  });
  return {
    title: 'Processor time by the number of tokens, batch 1, 96 features',
    columns: [
      ...growth.map(({ tokens }) => ({ header: `${tokens} tokens`, unit: 'ms', digits: 1 })),
      { header: 'slope' },
      { header: 'claimed' },
    ],
    rows: [
      row('bidirectional scan of the interleaved sequence', ({ scan }) => scan, 'about 1'),
      row('transport, both directions', ({ transport }) => transport, 'about 2'),
    ],
    provenance: costProvenance(config, engine),
    footnotes: ['Slope: least squares of the logarithms. Costs that do not grow (starting a graph) flatten it at few tokens.'],
  };
}

/** Least squares of log seconds against log tokens. */
export function slope(growth: readonly Growth[], seconds: (at: Growth) => number): number {
  const points = growth.map((at): [number, number] => [Math.log(at.tokens), Math.log(seconds(at))]);
  const [x0, y0] = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
  return points.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0) / points.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
}

const costProvenance = ({ efficiency: { model, size } }: Config, engine: string): Provenance => ({
  data: `random images of ${size}x${size} and random weights`,
  scale: model === 'paper' ? "the paper's: ResNet-18 and VMamba-T" : 'the small model of the config',
  engine,
  seeds: [0],
});
