import { z } from 'zod';

/** `name` of a config, which folders are named after. */
export const configName = z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and hyphens');

/** A rule for `superRefine` of the key `training`: gradients are accumulated over batchSize / microBatch, a whole number. */
export function microBatchDivides(training: { readonly batchSize: number; readonly microBatch: number }, context: z.RefinementCtx): void {
  const { batchSize, microBatch } = training;
  if (batchSize % microBatch === 0) return;
  context.addIssue({ code: 'custom', path: ['microBatch'], message: `must divide training.batchSize (${batchSize})`, input: microBatch });
}
