import * as tf from '@tensorflow/tfjs-core';
import { ovsegLoss, type OvsegLossOptions } from '@rs/losses';
import { parameters } from '@rs/nn';
import {
  AggregatorLayer,
  ClassAggregator,
  correlation,
  DualEncoderFusion,
  FusionUp,
  mergeWindows,
  MmOvSeg,
  padOrCrop,
  parameterGroups,
  PaperDecoder,
  PaperDualEncoderFusion,
  postprocess,
  resizeLabel,
  resizeShortestEdge,
  Ripd,
  slidingWindows,
  SpatialAggregator,
  type AggregatorLayerConfig,
  type ClassAggregatorConfig,
  type DinoMaps,
  type FusionUpConfig,
  type MmOvSegConfig,
  type PostprocessOptions,
  type SpatialAggregatorConfig,
} from '@rs/ovseg';
import { functionCase, moduleCase, type Adapters } from '../adapter.js';

/** A case's class volume [B,C,T,H,W] as the package has it: [B T,H,W,C]. */
function volumeOf(x: tf.Tensor5D): tf.Tensor4D {
  const [batch, channels, classes, height, width] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 3, 4, 1]), [batch * classes, height, width, channels]);
}

/** The way back. */
function caseVolume(x: tf.Tensor4D, batch: number): tf.Tensor {
  const [maps, height, width, channels] = x.shape;
  return tf.transpose(tf.reshape(x, [batch, maps / batch, height, width, channels]), [0, 4, 1, 2, 3]);
}

/** An image [C,H,W] of a case as [H,W,C], through an op, and back. */
const onImage =
  (op: (image: tf.Tensor3D) => tf.Tensor3D) =>
  (image: tf.Tensor3D): tf.Tensor =>
    tf.transpose(op(tf.transpose(image, [1, 2, 0])), [2, 0, 1]);

/** Sizes of a model: `trained` are the parameters that it trains. */
function sizesOf(model: MmOvSeg): Record<string, tf.Tensor> {
  const groups = parameterGroups(model);
  const all = [...parameters(model)];
  const trained = all.filter(([name]) => groups.get(name)?.part !== 'frozen');
  const values = (some: typeof all): number => some.reduce((sum, [, { size }]) => sum + size, 0);
  return {
    trainableTensors: tf.scalar(trained.length),
    trainableParameters: tf.scalar(values(trained)),
    parameters: tf.scalar(values(all)),
  };
}

/** Prompts [B,T,P,C] are no image. */
const textLayout = (): { text: 'asIs' } => ({ text: 'asIs' });

export const adapters: Adapters = {
  'ovseg/correlation': functionCase(({ feat, text }) => tf.transpose(correlation(feat, text), [0, 4, 1, 2, 3]), textLayout),
  'ovseg/DualEncoderFusion': moduleCase<DualEncoderFusion | PaperDualEncoderFusion>({
    build: ({ variant = 'official', ...config }, init) =>
      variant === 'paper' ? new PaperDualEncoderFusion(config, init) : new DualEncoderFusion(config, init),
    call: (fusion, { rgb4, rgb8, rgb12, sar4, sar8, sar12, clip, text }) => {
      const rgb: DinoMaps = [rgb4, rgb8, rgb12];
      const sar: DinoMaps = [sar4, sar8, sar12];
      const [batch] = (clip as tf.Tensor4D).shape;
      if (fusion instanceof PaperDualEncoderFusion) {
        const { fused } = fusion.call({ rgb, sar, clip, text });
        return Object.fromEntries(fused.map((volume, i) => [`fuse${i + 1}`, caseVolume(volume, batch)]));
      }
      const { fused, guidance } = fusion.call({ rgb, sar, clip, text });
      return { fused: caseVolume(fused, batch), guidance0: guidance[0], guidance1: guidance[1] };
    },
    layouts: textLayout,
  }),
  'ovseg/SpatialAggregator': moduleCase({
    build: (config, init) => new SpatialAggregator(config as SpatialAggregatorConfig, init),
    call: (aggregator, { x, guidance }) => caseVolume(aggregator.call(volumeOf(x), guidance), (x as tf.Tensor5D).shape[0]),
  }),
  'ovseg/ClassAggregator': moduleCase({
    build: (config, init) => new ClassAggregator(config as ClassAggregatorConfig, init),
    call: (aggregator, { x, guidance }) => {
      const [batch] = (x as tf.Tensor5D).shape;
      return caseVolume(aggregator.call(volumeOf(x), batch, guidance), batch);
    },
  }),
  'ovseg/AggregatorLayer': moduleCase({
    build: (config, init) => new AggregatorLayer(config as AggregatorLayerConfig, init),
    call: (layer, { x, appearance, text }) => {
      const [batch] = (x as tf.Tensor5D).shape;
      return caseVolume(layer.call({ x: volumeOf(x), batch, appearance, text }), batch);
    },
  }),
  'ovseg/FusionUp': moduleCase({
    build: (config, init) => new FusionUp(config as FusionUpConfig, init),
    call: (fusion, { x, clip, dino }) => fusion.call({ x, clip, dino }),
  }),
  'ovseg/Ripd': moduleCase({
    build: (config, init) => new Ripd(config, init),
    call: (ripd, { text, clip, dino, ...maps }) => {
      const clipGuidance = clip && ([maps.clipGuidance0, maps.clipGuidance1] as const);
      const dinoGuidance = dino && ([maps.dinoGuidance0, maps.dinoGuidance1] as const);
      return ripd.call({ text, clip, dino, clipGuidance, dinoGuidance }).logits;
    },
    layouts: textLayout,
  }),
  'ovseg/PaperDecoder': moduleCase({
    build: (config, init) => new PaperDecoder(config, init),
    call: (decoder, { h1, h2, h3, clip0, clip1, dino0, dino1 }) =>
      decoder.call({ fused: [volumeOf(h1), volumeOf(h2), volumeOf(h3)], clip: [clip0, clip1], dino: [dino0, dino1] }),
  }),
  'ovseg/resizeShortestEdge': functionCase(({ image }, config) => onImage((x) => resizeShortestEdge(x, config))(image)),
  'ovseg/resizeLabel': functionCase(({ label }, config) => resizeLabel(label, config)),
  'ovseg/padOrCrop': functionCase(({ image }, config) => onImage((x) => padOrCrop(x, config))(image)),
  'ovseg/postprocess': functionCase(({ logits }, config) => postprocess(logits, config as PostprocessOptions)),
  'ovseg/slidingWindows': functionCase(({ image }, config) => slidingWindows(image, config)),
  'ovseg/mergeWindows': functionCase(({ logits }, config) => tf.transpose(mergeWindows(logits, config), [2, 0, 1])),
  'ovseg/MmOvSeg': moduleCase({
    build: ({ loss: _loss, postprocess: _postprocess, ...config }, init) => new MmOvSeg(config as MmOvSegConfig, init),
    call: (model, { image, sar, ids, target }, _mode, config) => {
      const { logits } = model.call({ image, sar, ids });
      if (config.loss) return { loss: ovsegLoss(logits, target, config.loss as OvsegLossOptions), ...sizesOf(model) };
      const scores = config.postprocess && postprocess(logits, config.postprocess as PostprocessOptions);
      return { logits, scores, ...sizesOf(model) };
    },
  }),
};
