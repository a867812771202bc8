import { cloudMaskedCharbonnier, edcTotal, maskedCrossEntropy, maskedFeatureDistillation, mmd2 } from '@rs/losses';
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
};
