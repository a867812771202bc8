import fc from 'fast-check';

export interface Runs {
  readonly numRuns?: number; // default 50
  readonly seed?: number; // of the draws; default 1: the same batches in every run
}

/** Checks `holds` on drawn batches, each with a seed for what the check itself draws. @throws Error with the smallest counterexample */
export function forAllBatches<Batch>(
  batches: fc.Arbitrary<Batch>,
  { numRuns = 50, seed = 1 }: Runs,
  holds: (batch: Batch, seed: number) => void,
): void {
  const property = fc.property(batches, fc.nat(), (batch, drawn) => {
    holds(batch, drawn); // what it returns means nothing: only an error breaks a law
  });
  fc.assert(property, { numRuns, seed });
}

/** |got - want| <= tolerance (1 + |want|); NaN equals NaN. @throws Error that says what was compared */
export function assertClose(what: string, got: number, want: number, tolerance: number): void {
  if (Object.is(got, want) || Math.abs(got - want) <= tolerance * (1 + Math.abs(want))) return;
  throw new Error(`${what}: ${got}, before ${want}`);
}
