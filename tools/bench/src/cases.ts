/** What both contenders build: the network's config, the shape of the input, forward alone or a whole train step. */
export interface BenchCase {
  readonly name: string;
  readonly kind: 'forward' | 'step';
  readonly batch: number;
  readonly size: number; // pixels a side
  readonly gamma: number;
  readonly model: {
    readonly numClasses: number;
    readonly decoderChannels: readonly [number, number, number, number];
    readonly crHidden: number;
    readonly encoder: Readonly<Record<string, unknown>>;
  };
}

const hat = [false, false, true, false];

/** Widths of examples/edc/config/synthetic.yaml. */
const small: BenchCase['model'] = {
  numClasses: 7,
  decoderChannels: [64, 32, 16, 16],
  crHidden: 16,
  encoder: {
    dim: 16,
    inDim: 16,
    depths: [1, 1, 2, 1],
    numHeads: [1, 2, 4, 8],
    windowSize: [7, 7, 2, 2],
    ctSize: 1,
    mlpRatio: 4,
    hat,
    dropPathRate: 0,
  },
};

/** Widths of the paper: FasterViT-0, 108.36 M parameters. */
const paper: BenchCase['model'] = {
  numClasses: 6,
  decoderChannels: [256, 128, 64, 32],
  crHidden: 64,
  encoder: {
    dim: 64,
    inDim: 64,
    depths: [2, 3, 6, 5],
    numHeads: [2, 4, 8, 16],
    windowSize: [7, 7, 7, 7],
    ctSize: 2,
    mlpRatio: 4,
    hat,
    dropPathRate: 0,
  },
};

export const cases: readonly BenchCase[] = [
  { name: 'EDC forward, paper widths, 1x160x160', kind: 'forward', batch: 1, size: 160, gamma: 1, model: paper },
  { name: 'EDC forward, small widths, 8x64x64', kind: 'forward', batch: 8, size: 64, gamma: 0.1, model: small },
  { name: 'EDC train step, small widths, 8x64x64', kind: 'step', batch: 8, size: 64, gamma: 0.1, model: small },
  { name: 'EDC train step, paper widths, 1x160x160', kind: 'step', batch: 1, size: 160, gamma: 1, model: paper },
];
