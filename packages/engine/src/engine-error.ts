/** An engine that was asked for, or any engine at all, cannot run here. The message says what to do; command lines end with `exitCode`. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly exitCode = 4;
}
