/** The learning rate of each step, counted from 0: a pure function, so that a resumed run needs nothing but the step. */
export type Schedule = (step: number) => number;

export function constantRate(rate: number): Schedule {
  checkRate('constantRate', rate);
  return () => rate;
}

/** Rises linearly to `rate`: rate (step+1) / warmupSteps, then constant. */
export function linearWarmup(rate: number, warmupSteps: number): Schedule {
  checkRate('linearWarmup', rate);
  if (!Number.isInteger(warmupSteps) || warmupSteps < 0)
    throw new RangeError(`linearWarmup: warmupSteps must be a whole number, got ${warmupSteps}`);
  return (step) => rate * Math.min(1, (step + 1) / Math.max(1, warmupSteps));
}

export interface CosineConfig {
  readonly rate: number;
  readonly steps: number; // the rate is 0 from here on
  readonly warmupSteps?: number; // default 0
}

/**
 * Linear warm-up times a cosine to 0, Loshchilov and Hutter 2017, eq. (5) without restarts:
 *
 *     rate min(1, (step+1) / warmupSteps) (1 + cos(pi step / steps)) / 2
 */
export function cosineToZero({ rate, steps, warmupSteps = 0 }: CosineConfig): Schedule {
  if (!Number.isInteger(steps) || steps <= 0) throw new RangeError(`cosineToZero: steps must be a positive whole number, got ${steps}`);
  const warmup = linearWarmup(rate, warmupSteps);
  return (step) => (warmup(step) * (1 + Math.cos(Math.PI * Math.min(1, step / steps)))) / 2;
}

export interface WarmupCosineConfig {
  readonly startRate: number; // of step 0
  readonly rate: number; // after the warm-up
  readonly endRate?: number; // from `steps` on; default 0
  readonly warmupSteps: number;
  readonly steps: number; // warm-up included; more than warmupSteps
}

/**
 * A line from `startRate` to `rate`, then a cosine to `endRate` over the rest, Loshchilov and Hutter 2017, eq. (5) without restarts:
 *
 *     step < warmupSteps:  startRate + (rate - startRate) step / warmupSteps
 *     else:                endRate + (rate - endRate) (1 + cos(pi (step - warmupSteps) / (steps - warmupSteps))) / 2
 */
export function warmupCosine({ startRate, rate, endRate = 0, warmupSteps, steps }: WarmupCosineConfig): Schedule {
  for (const given of [startRate, rate, endRate]) checkRate('warmupCosine', given);
  if (![warmupSteps, steps].every(Number.isInteger) || warmupSteps < 0 || steps <= warmupSteps) {
    throw new RangeError(`warmupCosine: steps must be a whole number above warmupSteps, got ${steps} and ${warmupSteps}`);
  }
  return (step) => {
    if (step < warmupSteps) return startRate + ((rate - startRate) * step) / warmupSteps;
    const part = Math.min(1, (step - warmupSteps) / (steps - warmupSteps));
    return endRate + ((rate - endRate) * (1 + Math.cos(Math.PI * part))) / 2;
  };
}

function checkRate(name: string, rate: number): void {
  if (!(rate >= 0 && Number.isFinite(rate))) throw new RangeError(`${name}: the rate must be finite and at least 0, got ${rate}`);
}
