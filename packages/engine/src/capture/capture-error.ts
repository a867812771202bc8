const insideTfjs = /node_modules|[\\/]engine[\\/](src|dist)[\\/]capture[\\/]|node:internal/;

/** A function does what a graph cannot record. Names what, and where in the caller's code. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';

  constructor(what: string) {
    const site = new Error().stack?.split('\n').find((line) => /^\s+at /.test(line) && !insideTfjs.test(line));
    super(`the captured function ${what}${site ? ` (${site.trim()})` : ''}`);
  }
}
