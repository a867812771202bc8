import * as tf from '@tensorflow/tfjs-core';
import { adam, adamW, clipGradNorm, Optimizer, sgd, type UpdateRule } from '@rs/train';
import { hostCase, type Adapter, type Adapters } from '../adapter.js';
import type { Config } from '../case.js';
import { toTensor } from '../layout.js';

/** Steps the parameter once for each gradient. */
const steps = (ruleOf: (config: Config) => UpdateRule): Adapter =>
  hostCase(({ config }, inputs) => {
    const parameter = tf.tidy(() => tf.variable(toTensor(inputs.get('param')!, 'asIs')));
    const optimizer = new Optimizer(ruleOf(config), new Map([['param', parameter]]));
    try {
      for (let t = 0; t < config.steps; t++) {
        tf.tidy(() => optimizer.step(new Map([['param', toTensor(inputs.get(`grad${t}`)!, 'asIs')]]), config.lr));
      }
      return { param: { shape: parameter.shape, data: parameter.dataSync() } };
    } finally {
      optimizer.dispose();
      parameter.dispose();
    }
  });

export const adapters: Adapters = {
  'train/adamW': steps(adamW),
  'train/adam': steps(adam),
  'train/sgd': steps(sgd),
  'train/clipGradNorm': hostCase(({ config }, inputs) =>
    tf.tidy(() => {
      const given = new Map([...inputs].map(([name, host]) => [name, toTensor(host, 'asIs')]));
      const { gradients, norm } = clipGradNorm(given, config.maxNorm);
      const outputs = [...gradients, ['norm', norm] as const].map(([name, tensor]) => [
        name,
        { shape: tensor.shape, data: tensor.dataSync() },
      ]);
      return Object.fromEntries(outputs);
    }),
  ),
};
