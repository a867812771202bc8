import { fasterVit } from '@rs/encoders-hat';

/** What both sides build: each kind has a file of its own in works/ and a function of its own in python/works.py. */
export type Work =
  | {
      readonly kind: 'edc-forward';
      readonly batch: number;
      readonly size: number;
      readonly model: EdcWidths;
      readonly runtime: 'tensorflow' | 'onnxruntime'; // of our side; the latter runs what @rs/export wrote
    }
  | { readonly kind: 'edc-step'; readonly batch: number; readonly size: number; readonly gamma: number; readonly model: EdcWidths }
  | {
      readonly kind: 'fastervit-forward';
      readonly batch: number;
      readonly size: number;
      readonly encoder: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'dchf-forward'; readonly batch: number; readonly size: number; readonly channels: number }
  | { readonly kind: 'edc-losses'; readonly batch: number; readonly size: number; readonly classes: number; readonly features: number }
  | { readonly kind: 'selective-scan'; readonly length: number; readonly channels: number; readonly states: number }
  | { readonly kind: 'segmentation-scores'; readonly pixels: number; readonly classes: number }
  | { readonly kind: 'read-raster'; readonly side: number; readonly bands: number; readonly compression: 'none' | 'lzw' | 'deflate' };

export interface EdcWidths {
  readonly numClasses: number;
  readonly decoderChannels: readonly [number, number, number, number];
  readonly crHidden: number;
  readonly encoder: Readonly<Record<string, unknown>>;
}

export interface BenchCase {
  readonly name: string;
  readonly peer?: 'torch' | 'torchmetrics' | 'tifffile'; // the Python package that does the same; without one ours is timed alone
  readonly goal?: number; // the largest ratio ours / theirs that is aimed at
  readonly work: Work;
  readonly growth?: { readonly of: string; readonly size: number }; // one of several sizes, whose growth is told
}

const hat = [false, false, true, false];

/** Widths of examples/edc/config/synthetic.yaml. */
const small: EdcWidths = {
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
const paper: EdcWidths = {
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

const recomputing: EdcWidths = { ...paper, encoder: { ...paper.encoder, recompute: true } };

const forward = (model: EdcWidths, batch: number, size: number, runtime: 'tensorflow' | 'onnxruntime' = 'tensorflow'): Work => ({
  kind: 'edc-forward',
  batch,
  size,
  model,
  runtime,
});

const torch = (name: string, goal: number | undefined, work: Work): BenchCase => ({ name, peer: 'torch', goal, work });
const raster = (compression: 'none' | 'lzw' | 'deflate'): BenchCase => ({
  name: `read GeoTIFF, ${compression}, 4096x4096x3 uint8`,
  peer: 'tifffile',
  goal: 1.5,
  work: { kind: 'read-raster', side: 4096, bands: 3, compression },
});

const peerLimit = 16384; // tokens; the loop of the peer keeps every state, 9 GB at 65,536

/** Forward and backward, beside a loop over tokens. */
const scan = (length: number): BenchCase => ({
  name: `selective scan, L = ${length}`,
  ...(length <= peerLimit && { peer: 'torch', goal: 1 }),
  work: { kind: 'selective-scan', length, channels: 192, states: 16 },
  growth: { of: 'selective scan', size: length },
});

export const cases: readonly BenchCase[] = [
  torch('EDC forward, paper widths, 1x160x160', 0.9, forward(paper, 1, 160)),
  torch('EDC forward, paper widths, 8x160x160', 0.9, forward(paper, 8, 160)),
  torch('EDC forward, small widths, 8x64x64', 0.9, forward(small, 8, 64)),
  torch('EDC on onnxruntime, paper, 1x160x160', 0.85, forward(paper, 1, 160, 'onnxruntime')),
  torch('EDC on onnxruntime, small, 8x64x64', 0.85, forward(small, 8, 64, 'onnxruntime')),
  torch('EDC train step, small widths, 8x64x64', 1, { kind: 'edc-step', batch: 8, size: 64, gamma: 0.1, model: small }),
  torch('EDC train step, paper widths, 1x160x160', 1, { kind: 'edc-step', batch: 1, size: 160, gamma: 1, model: paper }),
  torch('EDC train step, paper widths, 8x160x160', 1, { kind: 'edc-step', batch: 8, size: 160, gamma: 1, model: paper }),
  torch('the same, encoder blocks recomputed', undefined, { kind: 'edc-step', batch: 8, size: 160, gamma: 1, model: recomputing }),
  torch('FasterViT-0 forward, 1x224x224', 0.9, {
    kind: 'fastervit-forward',
    batch: 1,
    size: 224,
    encoder: { ...fasterVit(0, { numClasses: 1000 }) },
  }),
  torch('DCHF forward, 4x40x40x64', 0.9, { kind: 'dchf-forward', batch: 4, size: 40, channels: 64 }),
  torch('EDC losses and gradients, 4x160x160', 1, { kind: 'edc-losses', batch: 4, size: 160, classes: 7, features: 32 }),
  ...[256, 1024, 4096, 8192, 16384, 65536].map(scan),
  {
    name: 'segmentation scores, 1 megapixel',
    peer: 'torchmetrics',
    goal: 0.5,
    work: { kind: 'segmentation-scores', pixels: 1 << 20, classes: 7 },
  },
  raster('none'),
  raster('lzw'),
  raster('deflate'),
];
