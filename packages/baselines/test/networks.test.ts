import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { buffers, disposeModule, parameters, Random, torchInit, TrainPass } from '@rs/nn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpticalSar } from '../src/index.js';
import { toyNetworks, type Network, type ToyNetwork } from './toy-networks.js';

const images = ({ side = 32 }: ToyNetwork, n = 2): OpticalSar => ({
  optical: tf.randomUniform([n, side, side, 4], 0, 1, 'float32', 1),
  sar: tf.randomUniform([n, side, side, 2], 0, 1, 'float32', 2),
});
const reconstructed = ({ reconstruction, intermediate = [] }: ReturnType<Network['call']>): tf.Tensor4D[] =>
  reconstruction ? [...intermediate, reconstruction] : [];
const apart = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
const size = (x: tf.Tensor): number => tf.tidy(() => tf.max(tf.abs(x)).dataSync()[0]);

describe.each(toyNetworks.map((toy) => ({ ...toy })))('$name', (toy) => {
  let network: Network;
  beforeAll(() => {
    network = toy.build(torchInit(new Random(1)));
  });
  afterAll(() => disposeModule(network));

  /** Mean square of the outputs, their gradients by name of the parameter. */
  const step = ({ optical, sar, seed }: Record<'optical' | 'sar', tf.Tensor4D> & { seed: tf.Tensor1D }): Record<string, tf.Tensor> => {
    const names = new Map([...parameters(network)].map(([name, variable]) => [variable.name, name]));
    const pass = new TrainPass(seed);
    const { value, grads } = tf.variableGrads(() => {
      const outputs = network.call({ optical, sar }, pass);
      const compared = [...(outputs.logits ? [outputs.logits] : []), ...reconstructed(outputs)];
      return tf.addN(compared.map((x) => tf.mean(tf.square(x)))) as tf.Scalar;
    });
    pass.dispose();
    const found = Object.entries(grads).map(([variable, gradient]) => [names.get(variable), gradient]);
    return { loss: value, ...Object.fromEntries(found) };
  };

  test('gives maps of the size of its input, sample by sample', () => {
    tf.tidy(() => {
      const given = images(toy);
      const outputs = network.call(given, 'eval');
      expect(Object.keys(outputs).sort()).toEqual([...toy.gives].sort());
      const [, h, w] = given.optical.shape;
      if (outputs.logits) expect(outputs.logits.shape).toEqual([2, h, w, 3]);
      for (const image of reconstructed(outputs)) expect(image.shape).toEqual([2, h, w, 4]);
      const second = { optical: tf.slice(given.optical, 1, 1), sar: tf.slice(given.sar, 1, 1) };
      const alone = Object.values(network.call(second, 'eval')).flat();
      for (const [i, whole] of Object.values(outputs).flat().entries()) {
        expect(apart(tf.slice(whole, 1, 1), alone[i])).toBeLessThan(1e-4 * (1 + size(alone[i])));
      }
    });
  });

  test('both images count', () => {
    tf.tidy(() => {
      const { optical, sar } = images(toy);
      const output = (given: OpticalSar): tf.Tensor => {
        const pass = new TrainPass(1); // so that batch norms keep small features from vanishing
        const { logits, reconstruction } = network.call(given, pass);
        pass.dispose();
        return logits ?? reconstruction!;
      };
      const before = output({ optical, sar });
      expect(apart(output({ optical: tf.sub(1, optical), sar }), before)).toBeGreaterThan(1e-7);
      expect(apart(output({ optical, sar: tf.sub(1, sar) }), before)).toBeGreaterThan(1e-7);
    });
  });

  test('every parameter that is used has a finite gradient, captured as op by op; nothing leaks', () => {
    const given = { ...images(toy), seed: tf.tensor1d([3, 4], 'int32') };
    const start = tf.memory().numTensors;
    const eager = tf.tidy(() => step(given));
    const used = [...parameters(network).keys()].filter((name) => !toy.unused?.test(name));
    expect(Object.keys(eager).sort()).toEqual(['loss', ...used].sort());
    expect(tf.memory().numTensors).toBe(start + used.length + 1);
    for (const [name, value] of Object.entries(eager)) expect(Number.isFinite(size(value)), name).toBe(true);
    const run = capture(step as (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>);
    const captured = run(given);
    const scale = Math.max(...Object.values(eager).map(size));
    for (const name of Object.keys(eager)) {
      expect(apart(eager[name], captured[name]), name).toBeLessThan(1e-3 * size(eager[name]) + 1e-5 * scale); // sums in another order
    }
    tf.dispose([eager, captured]);
    run.dispose();
    expect(tf.memory().numTensors).toBe(start);
    tf.dispose(given);
  });

  test('training moves the running statistics, evaluation keeps nothing but its outputs', () => {
    const given = { ...images(toy) };
    const start = tf.memory().numTensors;
    const pass = new TrainPass(1);
    tf.dispose({ ...network.call(given, pass) });
    expect(pass.statistics.size).toBeLessThanOrEqual(buffers(network).size);
    pass.dispose();
    const outputs = { ...network.call(given, 'eval') };
    expect(tf.memory().numTensors).toBe(start + toy.gives.length);
    tf.dispose([outputs, given]);
  });

  test('says which image does not fit', () => {
    tf.tidy(() => {
      const { optical, sar } = images(toy, 1);
      const { side = 32 } = toy;
      expect(() => network.call({ optical: sar, sar }, 'eval')).toThrow(
        `${toy.name}: optical must have shape [*,*,*,4], got [1,${side},${side},2]`,
      );
      expect(() => network.call({ optical, sar: optical }, 'eval')).toThrow(
        `${toy.name}: sar must have shape [1,${side},${side},2], got [1,${side},${side},4]`,
      );
    });
  });
});
