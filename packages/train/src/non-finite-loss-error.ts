/** A loss or gradient that is NaN or infinite. The parameters have not been touched by it. */
export class NonFiniteLossError extends Error {
  override readonly name = 'NonFiniteLossError';
  constructor(
    readonly step: number, // from 1
    readonly ids: readonly string[], // of the samples in the batch
    what: string,
  ) {
    super(`fit: ${what} at step ${step}, batch ${ids.join(', ')}; the parameters are those of step ${step - 1}`);
  }
}
