/** What a synthetic world can vary; the defaults are those of the reference figures. */
export interface WorldOptions {
  readonly cover?: readonly [low: number, high: number]; // share of cloud a scene is drawn from; default [0.1, 0.9]
  readonly thickness?: readonly [low: number, high: number]; // optical thickness of clouds, log-uniform; default [1, 10]
  readonly haze?: number; // most that haze can hide; default 0.25
  readonly shadow?: number; // share of the light that the shadow of an opaque cloud takes; default 0.55
  readonly looks?: number; // of the radar image; default 4
  readonly misregistration?: number; // pixels by which the radar image may be shifted; default 1
  readonly radiometry?: number; // how far the gain of the cloudy acquisition may be off; default 0.04
  readonly zoom?: number; // pixels a world unit of 5 m; default 1.5
  readonly clouds?: boolean; // false: the cloudy image is a second, clear acquisition; default true
}

export const worldDefaults: Required<WorldOptions> = {
  cover: [0.1, 0.9],
  thickness: [1, 10],
  haze: 0.25,
  shadow: 0.55,
  looks: 4,
  misregistration: 1,
  radiometry: 0.04,
  zoom: 1.5,
  clouds: true,
};
