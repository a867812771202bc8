import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

interface StderrGate {
  mute(): boolean;
  unmute(): string;
}

/** What TensorFlow says at every start, and nobody needs: a line of its own, with the lines that belong to it. */
const chatter = [
  /^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR$/,
  /^[IW]\d{4} .*(oneDNN custom operations are on|This TensorFlow binary is optimized to use available CPU instructions).*$/,
  /^\d{4}-\d\d-\d\d .*: I .*$/, // informational lines in the format of TensorFlow 2.18 and older
  /^I\d{4} .*$/,
  /^To enable the following instructions: .*$/,
];

/** Without TensorFlow's greetings; warnings and errors stay. */
export function withoutChatter(text: string): string {
  return text
    .split('\n')
    .filter((line) => !chatter.some((pattern) => pattern.test(line)))
    .join('\n');
}

/**
 * Runs `load` while stderr is held back, then writes what is not TensorFlow's usual greeting. Without the compiled gate at
 * `gatePath` (an engine that was not made by `rs-engine install`) it just runs.
 */
export function quietly<T>(gatePath: string, load: () => T): T {
  if (!existsSync(gatePath)) return load();
  const gate = require(gatePath) as StderrGate;
  gate.mute();
  try {
    return load();
  } finally {
    const rest = withoutChatter(gate.unmute());
    if (rest.trim() !== '') process.stderr.write(rest);
  }
}
