// Saves checkpoints of rising steps into the folder of the first argument until it is killed; tells each step once it is complete.
import { loadLatestCheckpoint, saveCheckpoint } from '@rs/train';

const [folder] = process.argv.slice(2);
const last = (await loadLatestCheckpoint(folder))?.step ?? 0;
for (let step = last + 1; ; step++) {
  const tensors = new Map([['w', { dtype: 'F32', shape: [500_000], data: new Float32Array(500_000).fill(step) }]]);
  await saveCheckpoint(folder, { step, tensors, state: { step } });
  process.stdout.write(`${step}\n`);
}
