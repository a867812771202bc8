/** Work that is ready to be repeated. */
export interface Prepared {
  /** Does it once, and returns when the result is there. */
  run(): void | Promise<void>;
  dispose(): void;
}
