type Range = readonly [low: number, high: number];

/** Ranges from which the parameters of one image's cloud are drawn. */
export interface CloudPreset {
  readonly minLevel: Range; // opacity of the clear sky
  readonly maxLevel: Range; // of the densest cloud; never below the drawn minLevel
  readonly clearThreshold: Range;
  readonly decayFactor: Range;
  readonly locality: Range; // how many noises are multiplied, integers
  readonly channelOffset: number; // pixels by which a band's cloud may be moved, either way
}

/**
 * Presets of SatelliteCloudGenerator (Czerkawski et al. 2023): `default`, its function's defaults; `wide`, for variety; `big`, thick over the whole
 * image; `local`, thick and scattered; `fog`; `thin`. Which of them made the clouds of OpenEarthMap-SAR in MM-OVSeg is not published: `thin` and `big`
 * stand for its thin and thick clouds.
 */
export const cloudPresets = {
  default: { minLevel: [0, 0.05], maxLevel: [0.95, 1], clearThreshold: [0, 0], decayFactor: [1, 1], locality: [1, 1], channelOffset: 2 },
  wide: { minLevel: [0, 0.8], maxLevel: [0, 1], clearThreshold: [0, 0.1], decayFactor: [0.8, 1.2], locality: [1, 3], channelOffset: 2 },
  big: { minLevel: [0, 0], maxLevel: [1, 1], clearThreshold: [0, 0.2], decayFactor: [1, 1], locality: [1, 1], channelOffset: 2 },
  local: { minLevel: [0, 0], maxLevel: [1, 1], clearThreshold: [0, 0.2], decayFactor: [1, 1], locality: [2, 4], channelOffset: 2 },
  fog: { minLevel: [0.3, 0.6], maxLevel: [0.6, 0.7], clearThreshold: [0, 0], decayFactor: [1, 1], locality: [1, 1], channelOffset: 2 },
  thin: { minLevel: [0, 0.1], maxLevel: [0.4, 0.7], clearThreshold: [0, 0], decayFactor: [1, 1], locality: [1, 3], channelOffset: 4 },
} as const satisfies Readonly<Record<string, CloudPreset>>;

export type CloudPresetName = keyof typeof cloudPresets;
