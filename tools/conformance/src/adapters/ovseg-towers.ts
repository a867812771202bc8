import * as tf from '@tensorflow/tfjs-core';
import {
  classTokens,
  ClipTextEncoder,
  ClipVisionEncoder,
  DinoViT,
  interpolatePosEmbed,
  splitClipWeights,
  tokenize,
  type ClipTextEncoderConfig,
  type ClipVisionEncoderConfig,
  type InterpolatePosEmbedOptions,
} from '@rs/ovseg';
import { hostCase, moduleCase, functionCase, type Adapter, type Adapters, type HostOutputs } from '../adapter.js';
import { tensorsOf, type Case } from '../case.js';

/** Gives a tower its parameters through the loader's split of joint projections, as a checkpoint's would be. */
function clipCase(adapter: Adapter): Adapter {
  const withSplitWeights = (theCase: Case): Case => {
    const tensors = new Map([...theCase.tensors].filter(([key]) => !key.startsWith('param:')));
    for (const [name, tensor] of splitClipWeights(tensorsOf(theCase, 'param:'))) tensors.set(`param:${name}`, tensor);
    return { ...theCase, tensors };
  };
  return Object.assign(((theCase, options) => adapter(withSplitWeights(theCase), options)) as Adapter, { build: adapter.build });
}

const named = (taps: readonly tf.Tensor[], indices: readonly number[]): Record<string, tf.Tensor> =>
  Object.fromEntries(taps.map((tap, i) => [`tap${indices[i]}`, tap]));

function idsOf(ids: tf.Tensor2D): HostOutputs {
  const data = ids.dataSync();
  ids.dispose();
  return { ids: { shape: ids.shape, data } };
}

export const adapters: Adapters = {
  'ovseg/tokenize': hostCase(({ config: { texts, ...options } }) => idsOf(tokenize(texts, options))),
  'ovseg/classTokens': hostCase(({ config: { classNames, ...options } }) => idsOf(classTokens(classNames, options))),
  'ovseg/ClipTextEncoder': clipCase(
    moduleCase({
      build: (config, init) => new ClipTextEncoder(config as ClipTextEncoderConfig, init),
      call: (encoder, { ids }) => encoder.call(ids),
    }),
  ),
  'ovseg/ClipVisionEncoder': clipCase(
    moduleCase({
      build: ({ dense: _dense, ...config }, init) => new ClipVisionEncoder(config as ClipVisionEncoderConfig, init),
      call: (encoder, { image }, _mode, { dense, taps: indices }) => {
        if (!dense) {
          const { pooled, taps } = encoder.call(image);
          return { pooled, ...named(taps, indices) };
        }
        const { tokens, taps } = encoder.call(image, { dense: true });
        return { dense: tokens, ...named(taps, indices) };
      },
    }),
  ),
  'ovseg/DinoViT': moduleCase({
    build: (config, init) => new DinoViT(config, init),
    call: (encoder, { image }, _mode, { taps = [3, 7, 11] }) => named(encoder.call(image), taps),
  }),
  'ovseg/interpolatePosEmbed': functionCase(({ posEmbed }, config) => interpolatePosEmbed(posEmbed, config as InterpolatePosEmbedOptions)),
};
