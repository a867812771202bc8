import type { FasterViTConfig } from './faster-vit.js';

type Variant = Omit<FasterViTConfig, 'resolution' | 'inChans' | 'numClasses'>;

const common = {
  windowSize: [7, 7, 7, 7],
  ctSize: 2,
  mlpRatio: 4,
  qkvBias: true,
  hat: [false, false, true, false],
} as const;

const large = { ...common, layerScale: 1e-5, doPropagation: true } as const;

/** The published sizes of FasterViT, Hatamizadeh et al. 2024, as in their code. */
export const fasterVitVariants = {
  0: { ...common, dim: 64, inDim: 64, depths: [2, 3, 6, 5], numHeads: [2, 4, 8, 16], dropPathRate: 0.2 },
  1: { ...common, dim: 80, inDim: 32, depths: [1, 3, 8, 5], numHeads: [2, 4, 8, 16], dropPathRate: 0.2 },
  2: { ...common, dim: 96, inDim: 64, depths: [3, 3, 8, 5], numHeads: [2, 4, 8, 16], dropPathRate: 0.2 },
  3: { ...large, dim: 128, inDim: 64, depths: [3, 3, 12, 5], numHeads: [2, 4, 8, 16], dropPathRate: 0.3 },
  4: { ...large, dim: 196, inDim: 64, depths: [3, 3, 12, 5], numHeads: [4, 8, 16, 32], dropPathRate: 0.3 },
  5: { ...large, dim: 320, inDim: 64, depths: [3, 3, 12, 5], numHeads: [4, 8, 16, 32], dropPathRate: 0.3 },
  6: { ...large, dim: 320, inDim: 64, depths: [3, 3, 16, 8], numHeads: [4, 8, 16, 32], dropPathRate: 0.5 },
} as const satisfies Record<number, Variant>;

export type FasterViTVariant = keyof typeof fasterVitVariants;

export interface FasterVitOptions {
  readonly resolution?: readonly [number, number]; // [H, W]; default [224, 224], as published
  readonly inChans?: number; // default 3
  readonly numClasses?: number; // default 0: no head
}

/** The configuration of a published size, 0..6: `new FasterViT(fasterVit(0, { resolution: [160, 160] }), init)`. */
export function fasterVit(variant: FasterViTVariant, options: FasterVitOptions = {}): FasterViTConfig {
  return { resolution: [224, 224], ...fasterVitVariants[variant], ...options };
}
