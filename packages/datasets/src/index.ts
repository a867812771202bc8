export { type LabelMap, type PixelArray, type Planar, type Window } from './planar.js';
export { bilinearResample, nearestResample, type BilinearOptions, type NearestOptions } from './resample.js';
export { stableHash } from './stable-hash.js';
