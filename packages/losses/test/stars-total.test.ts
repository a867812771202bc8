import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  maskedCrossEntropy,
  negativeCosineSimilarity,
  starsSegmentation,
  starsTotal,
  supervisedCrossModalInfoNce,
  type StarsLossInputs,
} from '../src/index.js';
import { apart, forAllBatches, value } from './batches.js';
import type { Batch } from './batches.js';

/** Two stages of the same small maps; all pixels are drawn. */
function inputs({ images, others, labels }: Batch): StarsLossInputs {
  const features = {
    sharedM1: images,
    sharedM2: others,
    translatedM1: tf.sin(images) as tf.Tensor4D,
    translatedM2: tf.cos(others) as tf.Tensor4D,
  };
  const count = labels.size;
  const indices = tf.range(0, count, 1, 'int32');
  const classes = tf.reshape(labels, [count]) as tf.Tensor1D;
  return {
    logitsM1: images,
    logitsM2: others,
    logitsFuse: tf.sub(images, others),
    labels,
    aligned: { 3: features, 4: { ...features, sharedM1: features.translatedM2 } },
    samples: { indicesStage3: indices, classesStage3: classes, indicesStage4: tf.reverse(indices), classesStage4: tf.reverse(classes) },
  };
}

test('the segmentation term is the mean cross-entropy of the three branches', () =>
  forAllBatches(({ images, others, labels }) => {
    const branches = [images, others, tf.add(images, 1)] as tf.Tensor4D[];
    const each = branches.map((logits) => value(maskedCrossEntropy(logits, labels)));
    expect(value(starsSegmentation(branches[0], branches[1], branches[2], labels))).toBeCloseTo((each[0] + each[1] + each[2]) / 3, 5);
    expect(value(starsSegmentation(images, images, images, tf.fill(labels.shape, 9, 'int32') as tf.Tensor3D, { ignoreIndex: 9 }))).toBe(0);
  }));

test('is the weighted sum of its terms, each the mean over the stages', () =>
  forAllBatches((batch) => {
    const given = inputs(batch);
    const loss = starsTotal(given, { alpha: 0.3, beta: 2, temperature: 0.5 });
    const stages = [3, 4].map((stage) => given.aligned![stage]!);
    const rows = (map: tf.Tensor4D, stage: number): tf.Tensor2D => {
      const flat = tf.reshape(map, [-1, map.shape[3]]) as tf.Tensor2D;
      return stage === 4 ? tf.reverse(flat, 0) : flat;
    };
    const psc = stages.map(({ sharedM1, sharedM2 }, i) =>
      value(
        supervisedCrossModalInfoNce(rows(sharedM1, i + 3), rows(sharedM2, i + 3), given.samples![`classesStage${i + 3}`]!, {
          temperature: 0.5,
        }),
      ),
    );
    const ncs = stages.map((s) => value(negativeCosineSimilarity(s.translatedM1, s.sharedM1, s.translatedM2, s.sharedM2)));
    expect(value(loss.psc!)).toBeCloseTo((psc[0] + psc[1]) / 2, 4);
    expect(value(loss.ncs!)).toBeCloseTo((ncs[0] + ncs[1]) / 2, 5);
    expect(value(loss.total)).toBeCloseTo(value(loss.seg) + 0.3 * value(loss.psc!) + 2 * value(loss.ncs!), 4);
  }));

test('takes the stages that it is told', () =>
  forAllBatches((batch) => {
    const given = inputs(batch);
    const [third, fourth] = [3, 4].map((stage) => starsTotal(given, { stages: [stage] }));
    expect(value(starsTotal(given).psc!)).toBeCloseTo((value(third.psc!) + value(fourth.psc!)) / 2, 4);
  }));

test('leaves out the terms of an ablation', () =>
  forAllBatches((batch) => {
    const { aligned, samples, ...branches } = inputs(batch);
    const alone = starsTotal(branches, { alpha: 0, beta: 0 });
    expect([alone.psc, alone.ncs]).toEqual([undefined, undefined]);
    expect(value(alone.total)).toBe(value(alone.seg));
    const withoutSamples = starsTotal({ ...branches, aligned }, { alpha: 0, beta: 0.5 });
    expect(withoutSamples.psc).toBeUndefined();
    expect(value(withoutSamples.total)).toBeCloseTo(value(alone.seg) + 0.5 * value(withoutSamples.ncs!), 5);
    const reported = starsTotal({ ...branches, aligned, samples }, { alpha: 0, beta: 0 });
    expect(value(reported.psc!)).toBeGreaterThan(0);
    expect(value(reported.total)).toBe(value(alone.seg));
  }));

test('the gradient of a pixel that is drawn twice adds up', () => {
  const logits = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
  const [shared, other] = [1, 2].map((seed) => tf.randomNormal<tf.Rank.R4>([1, 2, 2, 3], 0, 1, 'float32', seed));
  const stage = { sharedM1: shared, sharedM2: other, translatedM1: shared, translatedM2: other };
  const classes = tf.tensor1d([0, 0, 1], 'int32');
  const gradient = (indices: number[]): tf.Tensor =>
    tf.grad(
      (sharedM1) =>
        starsTotal(
          {
            logitsM1: logits,
            logitsM2: logits,
            logitsFuse: logits,
            labels: tf.zeros([1, 2, 2], 'int32'),
            aligned: { 4: { ...stage, sharedM1: sharedM1 as tf.Tensor4D } },
            samples: { indicesStage4: tf.tensor1d(indices, 'int32'), classesStage4: classes },
          },
          { stages: [4], beta: 0 },
        ).total,
    )(shared);
  const twice = gradient([1, 1, 2]);
  const rows = tf.gather(tf.reshape(shared, [4, 3]), tf.tensor1d([1, 1, 2], 'int32'));
  const each = tf.grad((f1) =>
    supervisedCrossModalInfoNce(f1 as tf.Tensor2D, tf.gather(tf.reshape(other, [4, 3]), tf.tensor1d([1, 1, 2], 'int32')), classes),
  )(rows);
  const [first, second] = tf.unstack(each);
  expect(apart(tf.slice(tf.reshape(twice, [4, 3]), [1, 0], [1, 3]), tf.expandDims(tf.mul(tf.add(first, second), 0.5), 0))).toBeLessThan(
    1e-5,
  );
});

test('keeps no tensor besides its results, which can be disposed one by one', () =>
  forAllBatches((batch) => {
    const given = inputs(batch);
    const before = tf.memory().numTensors;
    const loss = starsTotal(given);
    expect(tf.memory().numTensors).toBe(before + 4);
    loss.seg.dispose();
    expect(value(loss.total)).not.toBeNaN();
  }));

test('asks for the tensors of every term that has a weight', () => {
  const logits = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
  const branches = { logitsM1: logits, logitsM2: logits, logitsFuse: logits, labels: tf.zeros<tf.Rank.R3>([1, 2, 2], 'int32') };
  const stage = { sharedM1: logits, sharedM2: logits, translatedM1: logits, translatedM2: logits };
  expect(() => starsTotal(branches)).toThrow('starsTotal: aligned must hold stage 3, stage 4 with alpha 0.5 and beta 0.2');
  expect(() => starsTotal({ ...branches, aligned: { 3: stage } }, { alpha: 0 })).toThrow(
    'starsTotal: aligned must hold stage 4 with beta 0.2',
  );
  expect(() => starsTotal({ ...branches, aligned: { 4: stage } }, { stages: [4] })).toThrow(
    'starsTotal: samples must hold indicesStage4, classesStage4 with alpha 0.5',
  );
});
