import * as tf from '@tensorflow/tfjs-core';
import { engineLine, useEngine } from '@rs/engine';
import { cases } from './cases.js';
import { prepare } from './works/index.js';

const allowedGrowth = 1.05; // of resident memory, from a fifth of the steps on

/** Repeats a small train step: tensors must stay constant and resident memory flat. Prints what it sees; false when either grows. */
export async function soak(steps: number): Promise<boolean> {
  console.log(engineLine(await useEngine({ quiet: true })));
  const step = await prepare((cases.find(({ name }) => name.startsWith('EDC train step, small')) as (typeof cases)[number]).work, {
    eager: false,
    file: '',
  });
  const settled = Math.max(2, Math.floor(steps / 5)); // allocators have found their size by then
  let tensors = 0;
  let memory = 0;
  let largest = 0;
  for (let done = 1; done <= steps; done++) {
    await step.run();
    const resident = process.memoryUsage().rss / 2 ** 20;
    if (done === settled) [tensors, memory] = [tf.memory().numTensors, resident];
    if (done > settled) largest = Math.max(largest, resident);
    if (done % Math.ceil(steps / 10) === 0)
      console.log(`step ${done}: ${tf.memory().numTensors} tensors, ${resident.toFixed(0)} MiB resident`);
  }
  const constant = tf.memory().numTensors === tensors;
  const flat = largest <= memory * allowedGrowth;
  console.log(
    `tensors ${constant ? 'constant' : 'GROW'}; resident memory ${flat ? 'flat' : 'GROWS'}: ${memory.toFixed(0)} MiB at step ${settled}, at most ${largest.toFixed(0)} MiB after`,
  );
  step.dispose();
  return constant && flat;
}
