/** A file that cannot be read as what it should be; the message starts with the file's name as it was given. */
export class RasterError extends Error {
  readonly file: string;

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options);
    this.name = 'RasterError';
    this.file = file;
  }
}

/** What `error` says, whatever was thrown, as a `RasterError` of `file`. */
export function asRasterError(file: string, error: unknown): RasterError {
  if (error instanceof RasterError) return error;
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    return new RasterError(file, 'the file does not exist', { cause: error });
  return new RasterError(file, `cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
