import { countParameters } from '@rs/nn';
import { adamW, fit, type Batch, type DataSource, type FitConfig, type FitResult, type Json } from '@rs/train';

export interface StageOptions<B extends Batch> extends Pick<
  FitConfig<B>,
  'model' | 'loss' | 'trainable' | 'groups' | 'clipNorm' | 'schedule'
> {
  readonly label: string;
  readonly source: DataSource<B>;
  readonly steps: number;
  readonly weightDecay: number;
  readonly seed: number;
  readonly folder: string; // of checkpoints
  readonly config: unknown; // what else fixes the run
  readonly eager: boolean;
  readonly quiet: boolean;
}

/** Any training stage, by AdamW. */
export const trainStage = <B extends Batch>(options: StageOptions<B>): Promise<FitResult> => {
  const { label, source, weightDecay, folder, config, ...rest } = options;
  return fit({
    ...rest,
    data: source,
    rule: adamW({ weightDecay }),
    checkpoint: { folder, every: 100, config: { label, ...(config as object) } as unknown as Json },
    label: `${label}, ${(countParameters(options.model) / 1e6).toFixed(2)} M parameters`,
  });
};
