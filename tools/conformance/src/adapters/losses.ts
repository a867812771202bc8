import type * as tf from '@tensorflow/tfjs-core';
import {
  cloudMaskedCharbonnier,
  cmuLoss,
  edcTotal,
  maskedBinaryCrossEntropy,
  maskedCrossEntropy,
  maskedFeatureDistillation,
  mmd2,
  negativeCosineSimilarity,
  ovsegLoss,
  patchInfoNce,
  starsSegmentation,
  starsTotal,
  supervisedCrossModalInfoNce,
  type StarsFeatures,
  type StarsLossInputs,
} from '@rs/losses';
import { functionCase, type Adapters } from '../adapter.js';

export const adapters: Adapters = {
  'losses/maskedCrossEntropy': functionCase(({ logits, labels }, config) => maskedCrossEntropy(logits, labels, config)),
  'losses/cloudMaskedCharbonnier': functionCase(({ prediction, target, mask }, config) =>
    cloudMaskedCharbonnier(prediction, target, mask, config),
  ),
  'losses/maskedFeatureDistillation': functionCase(({ student, teacher, mask }, config) =>
    maskedFeatureDistillation(student, teacher, mask, config),
  ),
  'losses/edcTotal': functionCase((inputs, config) => ({ ...edcTotal(inputs as Parameters<typeof edcTotal>[0], config) })),
  'losses/mmd2': functionCase(({ x, y }, config) => mmd2(x, y, config)),
  'losses/negativeCosineSimilarity': functionCase(({ p1, f1, p2, f2 }, config) => negativeCosineSimilarity(p1, f1, p2, f2, config)),
  'losses/supervisedCrossModalInfoNce': functionCase(({ f1, f2, labels }, config) => supervisedCrossModalInfoNce(f1, f2, labels, config)),
  'losses/starsSegmentation': functionCase((inputs, config) =>
    starsSegmentation(inputs.logits_m1, inputs.logits_m2, inputs.logits_fuse, inputs.labels, config),
  ),
  'losses/starsTotal': functionCase((inputs, config) => ({ ...starsTotal(starsInputs(inputs), config) })),
  'losses/patchInfoNce': functionCase(({ sar, rgb }, config) => patchInfoNce(sar, rgb, config)),
  'losses/cmuLoss': functionCase((inputs, config) => cmuLoss(blocksOf(inputs, 'sar'), blocksOf(inputs, 'rgb'), config)),
  'losses/maskedBinaryCrossEntropy': functionCase(({ logits, target }, config) => maskedBinaryCrossEntropy(logits, target, config)),
  'losses/ovsegLoss': functionCase(({ logits, target }, config) => ovsegLoss(logits, target, config)),
};

/** `sar0`, `sar1`, ... in this order. */
const blocksOf = (inputs: Readonly<Record<string, tf.Tensor3D>>, name: string): tf.Tensor3D[] => {
  const count = Object.keys(inputs).filter((key) => key.startsWith(name)).length;
  return Array.from({ length: count }, (_, block) => inputs[`${name}${block}`]);
};

/** The flat names of a case, `shared_m1_stage3`, in the groups that the loss takes. */
function starsInputs(inputs: Readonly<Record<string, tf.Tensor>>): StarsLossInputs {
  const stages = Object.keys(inputs).flatMap((name) => /^shared_m1_stage(\d)$/.exec(name)?.[1] ?? []);
  const features = (stage: string): StarsFeatures => ({
    sharedM1: inputs[`shared_m1_stage${stage}`] as tf.Tensor4D,
    sharedM2: inputs[`shared_m2_stage${stage}`] as tf.Tensor4D,
    translatedM1: inputs[`translated_m1_stage${stage}`] as tf.Tensor4D,
    translatedM2: inputs[`translated_m2_stage${stage}`] as tf.Tensor4D,
  });
  return {
    logitsM1: inputs.logits_m1 as tf.Tensor4D,
    logitsM2: inputs.logits_m2 as tf.Tensor4D,
    logitsFuse: inputs.logits_fuse as tf.Tensor4D,
    labels: inputs.labels as tf.Tensor3D,
    aligned: Object.fromEntries(stages.map((stage) => [stage, features(stage)])),
    samples: Object.fromEntries(
      stages.flatMap((stage) =>
        ['indices', 'classes'].map((kind) => [`${kind}Stage${stage}`, inputs[`${kind}_stage${stage}`] as tf.Tensor1D]),
      ),
    ),
  };
}
