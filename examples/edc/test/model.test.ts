import * as tf from '@tensorflow/tfjs-core';
import { countParameters, disposeModule, parameters, Random, TrainPass } from '@rs/nn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countMacs } from '../src/count-macs.js';
import { EDC, type EdcConfig } from '../src/model.js';

/** The small network of the synthetic world. */
const small: EdcConfig = {
  numClasses: 7,
  decoderChannels: [64, 32, 16, 16],
  crHidden: 16,
  encoder: {
    dim: 16,
    inDim: 16,
    depths: [1, 1, 2, 1],
    numHeads: [1, 2, 4, 8],
    windowSize: [7, 7, 2, 2],
    ctSize: 1,
    mlpRatio: 4,
    hat: [false, false, true, false],
    dropPathRate: 0,
    resolution: [64, 64],
  },
};
const withoutDchf = { gate: 'se', pooling: 'gap', spatialGate: false } as const;

/** Draws zeros: where only shapes count, a hundred million random numbers would take the time of all other tests. */
class NoDraws extends Random {
  override uniform(): number {
    return 0.5;
  }
  override normal(): number {
    return 0;
  }
  override fork(): Random {
    return this;
  }
}

/**
 * Rows of the paper's tables and the same without cloud removal: million parameters, GMAC at 160x160 (Table IV and the counts of the
 * ablations). Without cloud removal nothing but its decoder and head is missing, so they are left out of the sums.
 */
test.each([
  { row: 'EDC', dchf: {}, millions: ['108.3559', '105.2089'], gigaMacs: ['10.743', '9.723'] },
  { row: 'w/o DCHF', dchf: withoutDchf, millions: ['108.7446', '105.5976'], gigaMacs: ['10.744', '9.723'] },
])('$row, with and without cloud removal, has the parameters and the cost of the paper', ({ dchf, millions, gigaMacs }) => {
  const model = new EDC({ numClasses: 6, dchf }, new NoDraws(0));
  const run = (): void => void model.call({ optical: tf.zeros([1, 160, 160, 4]), sar: tf.zeros([1, 160, 160, 2]) }, 'eval');
  const macs = countMacs(model, () => tf.tidy(run)).map(({ name, macs }) => ({ name, count: macs }));
  const sizes = [...parameters(model)].map(([name, { size }]) => ({ name, count: size }));
  const sums = (counts: { name: string; count: number }[]): number[] =>
    [/^/, /^(?!cr)/].map((kept) => counts.reduce((sum, { name, count }) => (kept.test(name) ? sum + count : sum), 0));
  expect(sums(sizes).map((size) => (size / 1e6).toFixed(4))).toEqual(millions);
  expect(sums(macs).map((count) => (count / 1e9).toFixed(3))).toEqual(gigaMacs);
  disposeModule(model);
});

test('has nothing but its decoder and head to lose with cloud removal', () => {
  const names = [true, false].map((cloudRemoval) => {
    const model = new EDC({ ...small, cloudRemoval }, new NoDraws(0));
    const found = [...parameters(model).keys()];
    disposeModule(model);
    return found;
  });
  expect(names[0].filter((name) => !/^cr_(decoder|head)\./.test(name))).toEqual(names[1]);
});

describe('the small network', () => {
  let model: EDC;
  let tensorsBefore: number;
  const inputs = (n: number, seed: number): { optical: tf.Tensor4D; sar: tf.Tensor4D } => ({
    optical: tf.randomUniform([n, 64, 64, 4], 0, 1, 'float32', seed),
    sar: tf.randomUniform([n, 64, 64, 2], 0, 1, 'float32', seed + 1),
  });
  beforeAll(() => {
    tensorsBefore = tf.memory().numTensors;
    model = new EDC(small, new Random(1));
  });
  afterAll(() => {
    disposeModule(model);
    expect(tf.memory().numTensors).toBe(tensorsBefore);
  });

  test('has 3.23 M parameters', () => {
    expect((countParameters(model) / 1e6).toFixed(2)).toBe('3.23');
  });

  test('gives every output its shape and leaves nothing else behind', () => {
    const given = inputs(2, 1);
    const before = tf.memory().numTensors;
    const { attention, discrepancy, reconstruction, ...outputs } = model.call(given, 'eval');
    expect(outputs.logits.shape).toEqual([2, 64, 64, 7]);
    expect(outputs.headLogits.shape).toEqual([2, 32, 32, 7]);
    expect(outputs.decoderFeatures.shape).toEqual([2, 32, 32, 16]);
    expect(outputs.stage4Cm.shape).toEqual([2, 2, 2, 128]);
    expect(reconstruction?.shape).toEqual([2, 64, 64, 4]);
    expect(attention.map(({ shape }) => shape)).toEqual([16, 8, 4, 2].map((size) => [2, size, size, 1]));
    expect(discrepancy.map(({ shape }) => shape)).toEqual([16, 8, 4, 2].map((size, i) => [2, size, size, 16 * 2 ** i]));
    tf.dispose([...Object.values(outputs), ...attention, ...discrepancy, ...(reconstruction ? [reconstruction] : [])]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(given);
  });

  test('treats the images of a batch alike', () => {
    tf.tidy(() => {
      const { optical, sar } = inputs(2, 3);
      const { logits } = model.call({ optical, sar }, 'eval');
      const turned = model.call({ optical: tf.reverse(optical, 0), sar: tf.reverse(sar, 0) }, 'eval').logits;
      expect(tf.max(tf.abs(tf.sub(tf.reverse(logits, 0), turned))).dataSync()[0]).toBeLessThan(1e-4);
    });
  });

  test.each([
    [128, 128],
    [72, 72], // not divisible by 32: stages of 18, 9, 5 and 3
  ])('takes images of %i x %i, unlike those it was built for', (h, w) => {
    tf.tidy(() => {
      const given = { optical: tf.ones<tf.Rank.R4>([1, h, w, 4]), sar: tf.ones<tf.Rank.R4>([1, h, w, 2]) };
      const { logits, reconstruction } = model.call(given, 'eval');
      expect(logits.shape).toEqual([1, h, w, 7]);
      expect(reconstruction?.shape).toEqual([1, h, w, 4]);
    });
  });

  test('can skip the reconstruction', () => {
    tf.tidy(() => {
      const given = inputs(1, 5);
      const whole = model.call(given, 'eval');
      const maps = model.call(given, 'eval', { reconstruct: false });
      expect(maps.reconstruction).toBeUndefined();
      expect(tf.max(tf.abs(tf.sub(whole.logits, maps.logits))).dataSync()[0]).toBe(0);
    });
  });

  test('gives every parameter a gradient but those that nothing reads', () => {
    const given = inputs(2, 7);
    const pass = new TrainPass(1);
    const names = [...parameters(model).keys()];
    const { value, grads } = tf.engine().gradients(
      () => {
        const { logits, reconstruction } = model.call(given, pass);
        return tf.add(tf.mean(tf.square(logits)), tf.mean(tf.square(reconstruction!)));
      },
      [...parameters(model).values()],
      undefined,
      true,
    );
    pass.dispose();
    const unused = names.filter((_name, i) => !grads[i]);
    tf.dispose([value, ...grads.filter(Boolean)]);
    tf.dispose(given);
    const isIdle = (name: string): boolean => /^encoder\.(cm\.patch_embed|fuse\.0\.cm_msc|fuse\.3\.sar_distribute)\./.test(name);
    expect(unused).toEqual(names.filter(isIdle));
  });

  test('says which image does not fit', () => {
    tf.tidy(() => {
      const optical = tf.zeros<tf.Rank.R4>([1, 64, 64, 4]);
      const call = (sar: tf.Tensor4D): unknown => model.call({ optical, sar }, 'eval');
      expect(() => call(tf.zeros([1, 64, 64, 1]))).toThrow('EDC: sar must have shape [1,64,64,2], got [1,64,64,1]');
      expect(() => call(tf.zeros([1, 32, 64, 2]))).toThrow('EDC: sar must have shape [1,64,64,2], got [1,32,64,2]');
    });
  });
});

test('brings the logits to a size of their own, such as the label grid', () => {
  const model = new EDC({ ...small, outputSize: [48, 48] }, new Random(1));
  tf.tidy(() => {
    const { logits, reconstruction } = model.call({ optical: tf.ones([1, 64, 64, 4]), sar: tf.ones([1, 64, 64, 2]) }, 'eval');
    expect(logits.shape).toEqual([1, 48, 48, 7]);
    expect(reconstruction?.shape).toEqual([1, 64, 64, 4]);
  });
  disposeModule(model);
});

test('one seed fixes the network', () => {
  const weights = [1, 1, 2].map((seed) => {
    const model = new EDC(small, new Random(seed));
    const values = [...parameters(model).values()].slice(0, 40).map((variable) => variable.dataSync()[0]);
    disposeModule(model);
    return values;
  });
  expect(weights[0]).toEqual(weights[1]);
  expect(weights[0]).not.toEqual(weights[2]);
});

test('counts what each layer costs', () => {
  const model = new EDC({ ...small, cloudRemoval: false }, new NoDraws(0));
  const run = (n: number) =>
    countMacs(model, () => tf.tidy(() => void model.call({ optical: tf.zeros([n, 64, 64, 4]), sar: tf.zeros([n, 64, 64, 2]) }, 'eval')));
  const layers = run(1);
  const macsOf = (name: string): number | undefined => layers.find((layer) => layer.name === name)?.macs;
  expect(macsOf('ssHead')).toBe(32 * 32 * 7 * 16 * 9);
  expect(macsOf('encoder.opt.levels.2.blocks.0.attn.qkv')).toBe(4 * 5 * 64 * 192); // 4 windows of 4 tokens and a carrier
  expect(macsOf('encoder.cm.patchEmbed.convDown.0')).toBeUndefined(); // never runs
  expect(run(2).find(({ name }) => name === 'ssHead')?.macs).toBe(2 * 32 * 32 * 7 * 16 * 9);
  expect(Object.hasOwn(model.ssHead, 'call')).toBe(false); // nothing is left of the counting
  disposeModule(model);
});
