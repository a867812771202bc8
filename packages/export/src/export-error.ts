/** A model that cannot be written in the asked form. Says what stands in the way and what to do about it. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
}
