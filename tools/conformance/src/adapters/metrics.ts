import {
  activationSparsity,
  argmaxLabels,
  calibrationCurve,
  CalibrationAccumulator,
  channelDimension,
  cloudSplitCalibration,
  cloudSplitScores,
  cohenKappa,
  confusionMatrix,
  effectiveRank,
  EffectiveRankAccumulator,
  expectedCalibrationError,
  frequencyWeightedIoU,
  groupedMeanIoU,
  ImageQualityAccumulator,
  linearCka,
  LinearCkaAccumulator,
  mae,
  meanF1,
  meanIoU,
  meanPixelAccuracy,
  mse,
  overallAccuracy,
  perClassAccuracy,
  perClassF1,
  perClassIoU,
  perClassPrecision,
  psnr,
  rmse,
  sam,
  scoresFromConfusion,
  SegmentationAccumulator,
  segmentationScores,
  ssim,
  type HostArray,
  type NumericArray,
} from '@rs/metrics';
import { hostCase, type Adapter, type Adapters, type HostOutputs } from '../adapter.js';
import type { Config } from '../case.js';

interface Input {
  readonly shape: readonly number[];
  readonly data: NumericArray;
}
type Inputs = Readonly<Record<string, Input>>;

/** N,C,H,W to N,H,W,C on the host; other ranks as they are. */
function channelsLast({ shape, data }: Input): Input {
  if (shape.length !== 4) return { shape, data };
  const [n, c, h, w] = shape;
  const moved = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [image, rest] = [Math.floor(i / (c * h * w)), i % (c * h * w)];
    moved[(image * h * w + (rest % (h * w))) * c + Math.floor(rest / (h * w))] = Number(data[i]);
  }
  return { shape: [n, h, w, c], data: moved };
}

const metric = (call: (inputs: Inputs, config: Config) => HostOutputs): Adapter =>
  hostCase(({ config }, inputs) => call(Object.fromEntries([...inputs].map(([name, input]) => [name, channelsLast(input)])), config));

const value = (call: (inputs: Inputs, config: Config) => number): Adapter => metric((inputs, config) => ({ value: call(inputs, config) }));

const ofConfusion = (score: (confusion: HostArray, options: Config) => number): Adapter =>
  value(({ confusion }, config) => score(confusion, config));

const perClass = (score: (confusion: HostArray) => Float64Array): Adapter => metric(({ confusion }) => ({ values: score(confusion) }));

/** The scores of each subset under "<subset>.<score>". */
const flat = (scores: object): HostOutputs =>
  Object.fromEntries(
    Object.entries(scores).flatMap(([subset, all]) => Object.entries(all as object).map(([name, score]) => [`${subset}.${name}`, score])),
  );

/** Cuts inputs along the first axis into the sizes of `batches`. */
const batches = (inputs: Inputs, sizes: readonly number[]): Inputs[] => {
  let start = 0;
  return sizes.map((size) => {
    const from = start;
    start += size;
    return Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, data }]) => {
        const stride = data.length / shape[0];
        return [name, { shape: [size, ...shape.slice(1)], data: data.slice(from * stride, (from + size) * stride) }];
      }),
    );
  });
};

const options = (inputs: Inputs, config: Config): never => ({ ...config, ...inputs }) as never;

export const adapters: Adapters = {
  'metrics/argmaxLabels': metric(({ logits }) => ({ labels: argmaxLabels(logits) })),
  'metrics/confusionMatrix': metric((inputs, config) => ({ confusion: confusionMatrix(options(inputs, config)) })),
  'metrics/perClassIoU': perClass(perClassIoU),
  'metrics/perClassAccuracy': perClass(perClassAccuracy),
  'metrics/perClassPrecision': perClass(perClassPrecision),
  'metrics/perClassF1': perClass(perClassF1),
  'metrics/meanIoU': ofConfusion(meanIoU),
  'metrics/meanPixelAccuracy': ofConfusion(meanPixelAccuracy),
  'metrics/meanF1': ofConfusion(meanF1),
  'metrics/overallAccuracy': ofConfusion(overallAccuracy),
  'metrics/frequencyWeightedIoU': ofConfusion(frequencyWeightedIoU),
  'metrics/cohenKappa': ofConfusion(cohenKappa),
  'metrics/scoresFromConfusion': metric((inputs, config) => ({ ...scoresFromConfusion(options(inputs, config)) })),
  'metrics/segmentationScores': metric((inputs, config) => ({ ...segmentationScores(options(inputs, config)) })),
  'metrics/SegmentationAccumulator': metric((inputs, config) => {
    const accumulator = new SegmentationAccumulator(config as never);
    for (const { target, pred, mask } of batches(inputs, config.batches)) accumulator.update(target, pred, mask);
    return { ...accumulator.compute() };
  }),
  'metrics/cloudSplitScores': metric((inputs, config) => flat(cloudSplitScores(options(inputs, config)))),
  'metrics/groupedMeanIoU': metric(({ confusion }, { groups }) => groupedMeanIoU({ confusion, groups })),

  'metrics/mse': value((inputs, config) => mse(options(inputs, config))),
  'metrics/mae': value((inputs, config) => mae(options(inputs, config))),
  'metrics/rmse': value((inputs, config) => rmse(options(inputs, config))),
  'metrics/psnr': value((inputs, config) => psnr(options(inputs, config))),
  'metrics/sam': value((inputs, config) => sam(options(inputs, config))),
  'metrics/ssim': value((inputs, config) => ssim(options(inputs, config))),
  'metrics/ImageQualityAccumulator': metric((inputs, config) => {
    const accumulator = new ImageQualityAccumulator(config as never);
    for (const { pred, target, mask } of batches(inputs, config.batches)) accumulator.update(pred, target, mask);
    return { ...accumulator.compute() };
  }),

  'metrics/calibrationCurve': metric((inputs, config) => ({ ...calibrationCurve(options(inputs, config)) })),
  'metrics/expectedCalibrationError': value((inputs, config) => expectedCalibrationError(options(inputs, config))),
  'metrics/CalibrationAccumulator': metric((inputs, config) => {
    const accumulator = new CalibrationAccumulator(config);
    for (const { probs, logits, target, mask } of batches(inputs, config.batches)) accumulator.update(probs ?? logits, target, mask);
    return { ...accumulator.compute() };
  }),
  'metrics/cloudSplitCalibration': metric((inputs, config) => ({ ...cloudSplitCalibration(options(inputs, config)) })),

  'metrics/effectiveRank': metric(({ features }, config) => ({ ...effectiveRank({ features, ...config }) })),
  'metrics/EffectiveRankAccumulator': metric((inputs, config) => {
    const accumulator = new EffectiveRankAccumulator(config);
    for (const { features } of batches(inputs, config.batches)) accumulator.update(features);
    return { ...accumulator.compute() };
  }),
  'metrics/activationSparsity': value(({ features }, config) => activationSparsity({ features, ...config })),
  'metrics/channelDimension': value(({ features }) => channelDimension(features)),
  'metrics/linearCka': value(({ x, y }) => linearCka({ x, y })),
  'metrics/LinearCkaAccumulator': metric((inputs, config) => {
    const accumulator = new LinearCkaAccumulator();
    for (const { x, y } of batches(inputs, config.batches)) accumulator.update(x, y);
    return { value: accumulator.compute() };
  }),
};
