import * as tf from '@tensorflow/tfjs-core';
import { Dchf } from '@rs/dchf';
import { FasterViT, fasterVitInit } from '@rs/encoders-hat';
import { buffers, disposeModule, parameters, Random, torchInit } from '@rs/nn';
import { expect, test } from 'vitest';
import { EDC } from '../../../examples/edc/src/model.js';
import { expectSameOnOnnxruntime, type Tensors } from './on-onnxruntime.js';
import { tiny } from './tiny.js';

const random = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** Running statistics as after training, and no weight zero or one. */
function disturb(module: object): void {
  tf.tidy(() => {
    let seed = 1;
    for (const variable of parameters(module).values()) variable.assign(tf.add(variable, tf.mul(random(variable.shape, seed++), 0.02)));
    for (const variable of buffers(module).values()) variable.assign(tf.add(tf.mul(tf.abs(random(variable.shape, seed++)), 0.1), 0.9));
  });
}

async function withModel<M extends object>(model: M, work: (model: M) => Promise<void>): Promise<void> {
  const before = tf.memory().numTensors;
  disturb(model);
  await work(model);
  expect(tf.memory().numTensors).toBe(before);
  disposeModule(model);
}

test.each([{ size: [64, 64] }, { size: [96, 96] }, { size: [70, 90] }])(
  'FasterViT on $size, batches of 1 and 3 from one file',
  async ({ size }) => {
    await withModel(new FasterViT({ ...tiny, numClasses: 3 }, fasterVitInit(new Random(1))), async (model) => {
      const inputs = [1, 3].map((batch) => ({ image: random([batch, ...size, 3], batch) }));
      const fn = ({ image }: Tensors): Tensors => model.call(image as tf.Tensor4D, 'eval') as unknown as Tensors;
      const nodes = await expectSameOnOnnxruntime(fn, inputs, { image: [null, ...size, 3] }, { module: model });
      const { LayerNormalization, Gelu, BatchNormalization, Conv } = nodes;
      expect({ LayerNormalization, Gelu, BatchNormalization, Conv }).toEqual({
        LayerNormalization: 13,
        Gelu: 7,
        BatchNormalization: 7,
        Conv: 10,
      });
      expect(nodes.Erf ?? nodes.Sqrt ?? nodes.Cast).toBeUndefined();
      tf.dispose(inputs);
    });
  },
);

test.each([
  { name: 'the paper', variant: {} },
  { name: 'an ablation', variant: { gate: 'se', pooling: 'gap', spatialGate: false } as const },
])('DCHF of $name', async ({ variant }) => {
  await withModel(new Dchf({ channels: 16, ...variant }, torchInit(new Random(1))), async (model) => {
    const inputs = [1, 3].map((batch) => ({
      opt: random([batch, 10, 12, 16], 1),
      sar: random([batch, 10, 12, 16], 2),
      cm: random([batch, 10, 12, 16], 3),
    }));
    const fn = (inputs: Tensors): Tensors => {
      const outputs = model.call(inputs as { opt: tf.Tensor4D; sar: tf.Tensor4D; cm: tf.Tensor4D }, 'eval');
      return { fused: outputs.cm, refined: outputs.opt, ...(outputs.attention && { attention: outputs.attention }) };
    };
    const shape = [null, 10, 12, 16];
    await expectSameOnOnnxruntime(fn, inputs, { opt: shape, sar: shape, cm: shape }, { module: model });
    tf.dispose(inputs);
  });
});

test.each([{ size: [64, 64] }, { size: [70, 90] }])('EDC on $size', async ({ size }) => {
  const config = { numClasses: 5, decoderChannels: [16, 8, 8, 8], crHidden: 8, encoder: tiny };
  await withModel(new EDC(config, new Random(1)), async (model) => {
    const inputs = [1, 3].map((batch) => ({ optical: random([batch, ...size, 4], 1), sar: random([batch, ...size, 2], 2) }));
    const fn = ({ optical, sar }: Tensors): Tensors => {
      const { logits, reconstruction, stage4Cm, attention } = model.call(
        { optical: optical as tf.Tensor4D, sar: sar as tf.Tensor4D },
        'eval',
      );
      return { logits, reconstruction: reconstruction as tf.Tensor, stage4: stage4Cm, attention: attention[0] };
    };
    const nodes = await expectSameOnOnnxruntime(fn, inputs, { optical: [null, ...size, 4], sar: [null, ...size, 2] }, { module: model });
    const { LayerNormalization, Gelu, BatchNormalization } = nodes;
    expect({ LayerNormalization, Gelu, BatchNormalization }).toEqual({ LayerNormalization: 39, Gelu: 21, BatchNormalization: 39 });
    tf.dispose(inputs);
  });
});
