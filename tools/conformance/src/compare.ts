import type { Case, Json } from './case.js';

/** What a comparison saw: the worst deviation relative to the largest wanted value, and as a share of what the case allows. */
export interface Deviation {
  readonly relative: number;
  readonly ofTolerance: number;
}

export const exact: Deviation = { relative: 0, ofTolerance: 0 };
export const worst = (a: Deviation, b: Deviation): Deviation => ({
  relative: Math.max(a.relative, b.relative),
  ofTolerance: Math.max(a.ofTolerance, b.ofTolerance),
});

export class Mismatch extends Error {}

interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint | boolean>;
}

/** max|got - want| <= atol + rtol max|want|; NaN and infinities must stand at the same places. */
export function compareTensors(label: string, got: Values, want: Values, { rtol, atol }: Case['tolerance']): Deviation {
  const scalar = want.data.length === 1 && got.data.length === 1;
  if (!scalar && (got.shape.length !== want.shape.length || got.shape.some((size, i) => size !== want.shape[i]))) {
    throw new Mismatch(`${label}: shape [${got.shape}], expected [${want.shape}]`);
  }
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < want.data.length; i++) {
    const w = Number(want.data[i]);
    const g = Number(got.data[i]);
    if (!Number.isFinite(w) || !Number.isFinite(g)) {
      if (!Object.is(w, g)) throw new Mismatch(`${label}[${i}]: ${g}, expected ${w}`);
      continue;
    }
    largest = Math.max(largest, Math.abs(w));
    difference = Math.max(difference, Math.abs(g - w));
  }
  const allowed = atol + rtol * largest;
  if (difference > allowed) throw new Mismatch(`${label}: off by ${difference.toExponential(2)}, allowed ${allowed.toExponential(2)}`);
  return { relative: largest > 0 ? difference / largest : difference, ofTolerance: allowed > 0 ? difference / allowed : 0 };
}

/** Compares a value with the JSON of a case: `null` is NaN or absent, "Infinity" and "NaN" are numbers; only the listed keys count. */
export function compareJson(label: string, got: unknown, want: Json, tolerance: Case['tolerance']): Deviation {
  if (want === null) {
    if (got === null || got === undefined || Number.isNaN(got)) return exact;
    throw new Mismatch(`${label}: ${show(got)}, expected none (null)`);
  }
  if (typeof got === 'number' || typeof got === 'bigint') {
    const number = typeof want === 'string' ? Number(want) : want;
    if (typeof number === 'number')
      return compareTensors(label, { shape: [], data: [Number(got)] }, { shape: [], data: [number] }, tolerance);
  }
  if (Array.isArray(want)) {
    const list = got !== null && typeof got === 'object' && 'length' in got ? Array.from(got as ArrayLike<unknown>) : undefined;
    if (list?.length !== want.length) throw new Mismatch(`${label}: ${show(got)}, expected ${want.length} entries`);
    return want.reduce<Deviation>((seen, item, i) => worst(seen, compareJson(`${label}[${i}]`, list[i], item, tolerance)), exact);
  }
  if (typeof want === 'object') {
    if (got === null || typeof got !== 'object') throw new Mismatch(`${label}: ${show(got)}, expected an object`);
    return Object.entries(want).reduce<Deviation>(
      (seen, [key, item]) => worst(seen, compareJson(`${label}.${key}`, (got as Record<string, unknown>)[key], item as Json, tolerance)),
      exact,
    );
  }
  if (got !== want) throw new Mismatch(`${label}: ${show(got)}, expected ${show(want)}`);
  return exact;
}

const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 200);
