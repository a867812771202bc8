import { loadNative } from '../native/load.js';

try {
  const { version, onGpu } = loadNative(1, true);
  process.stdout.write(JSON.stringify({ version, onGpu }));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
