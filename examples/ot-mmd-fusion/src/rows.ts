import type { SegmenterVariant } from '@rs/ot-mmd-fusion';
import type { Config } from './config.js';

/** What the scan encoder sees beside the image. */
export type Pair = 'elevation' | 'sar';

/** One reproduced row: how its network and its training differ from those of the config (spec/ot-mmd-fusion.md, sections 8 and 13). */
export interface Row {
  readonly label: string;
  readonly pair: Pair;
  readonly variant: SegmenterVariant;
  readonly lambda?: number; // instead of the config's
  readonly scale?: number; // of the MMD's bandwidth; 1 is the "mean" rule
  readonly upsampling?: 'bilinear'; // in the decoder, instead of predicted filters
  readonly forwardOnly?: true; // the scan's backward direction is silent
}

export const pairNames: Readonly<Record<Pair, string>> = { elevation: 'image + elevation', sar: 'optical + SAR' };

/** The paper's models on one pair of sensors. */
export const variantRows = (pair: Pair): Row[] =>
  (['A', 'A0', 'A1', 'A2', 'A3'] as const).map((variant) => ({ label: labelOf(variant, pair), pair, variant }));

export const labelOf = (variant: SegmenterVariant, pair: Pair): string => (pair === 'elevation' ? variant : `${variant} optical + SAR`);

export const bilinearRow: Row = { label: 'A2 bilinear decoder', pair: 'elevation', variant: 'A2', upsampling: 'bilinear' };
export const forwardOnlyRow: Row = { label: 'A2 forward scan alone', pair: 'elevation', variant: 'A2', forwardOnly: true };

/** One row a lambda; the config's own is that of `variantRows`. */
export const lambdaRows = ({ sensitivity: { variant, lambdas }, loss }: Config): Row[] =>
  lambdas.map((lambda) => (lambda === loss.lambda ? plain(variant) : { ...plain(variant), label: `${variant} lambda ${lambda}`, lambda }));

/** One row a width of the kernel; 1 is that of `variantRows`. */
export const scaleRows = ({ sensitivity: { variant, scales } }: Config): Row[] =>
  scales.map((scale) => (scale === 1 ? plain(variant) : { ...plain(variant), label: `${variant} bandwidth ${scale}`, scale }));

const plain = (variant: SegmenterVariant): Row => ({ label: variant, pair: 'elevation', variant });
