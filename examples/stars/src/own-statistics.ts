import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { buffers, TrainPass } from '@rs/nn';
import type { SensorImages } from './data.js';
import type { Network } from './networks.js';
import type { Sensor } from './sensors.js';

const momentum = 0.1; // of every batch norm here

/**
 * Runs `work` while the batch norms that a test uses have their own statistics: the mean over training batches of what they see when the test's
 * sensors alone are there, PyTorch's cumulative average from a reset on. Weights stay, and the running statistics return afterwards.
 *
 * What serves two sensors has, after training, running statistics of a mixture that leans to the second one, though in training each sensor was
 * normalised by its own (spec/small-scale.md, section 1.3). A layer may run once a pass only.
 *
 * @param batches images of training tiles, which are disposed
 */
export async function withOwnStatistics<T>(
  { model, predict }: Network,
  test: readonly Sensor[],
  batches: AsyncIterable<Readonly<Record<string, tf.Tensor4D>>>,
  work: () => Promise<T>,
): Promise<T> {
  const variables = buffers(model);
  const nameOf = new Map([...variables].map(([name, variable]) => [variable, name]));
  const trained = new Map([...variables].map(([name, variable]) => [name, variable.clone()]));
  const sums = new Map<string, tf.Tensor>();
  // From statistics of 0, a pass leaves momentum times those of its batch.
  const statisticsOf = capture((images: Readonly<Record<string, tf.Tensor4D>>) => {
    const pass = new TrainPass(0);
    predict(images as SensorImages, test, pass);
    const found = [...pass.statistics].map(([variable, value]) => [nameOf.get(variable)!, tf.clone(value)] as const);
    pass.dispose();
    return Object.fromEntries(found);
  });
  try {
    for (const variable of variables.values()) tf.tidy(() => variable.assign(tf.zerosLike(variable)));
    let count = 0;
    for await (const images of batches) {
      for (const [name, statistic] of Object.entries(statisticsOf(images))) {
        const sum = sums.get(name);
        sums.set(name, sum ? tf.add(sum, statistic) : tf.clone(statistic));
        tf.dispose([statistic, ...(sum ? [sum] : [])]);
      }
      tf.dispose(images);
      count++;
    }
    for (const [name, variable] of variables) {
      const sum = sums.get(name);
      tf.tidy(() => variable.assign(sum ? tf.div(sum, momentum * count) : trained.get(name)!));
    }
    return await work();
  } finally {
    for (const [name, variable] of variables) variable.assign(trained.get(name)!);
    tf.dispose([...trained.values(), ...sums.values()]);
    statisticsOf.dispose();
  }
}
