import type * as tf from '@tensorflow/tfjs-core';
import { tokenize, type TokenizeOptions } from './tokenize.js';

export interface ClassTokensOptions extends TokenizeOptions {
  readonly template?: string; // `{}` stands for the class; default "A photo of a {} in the scene", as released; the paper: "a photo of {}"
}

/**
 * CLIP ids of one prompt a class. Of a name with synonyms, "developed space, pavement", the first is used.
 *
 * @returns int32 [T,contextLength], for `MmOvSeg`
 * @throws RangeError when there is no class, a name is empty, the template has no `{}`, or a prompt is too long (see `tokenize`)
 */
export function classTokens(
  classNames: readonly string[],
  { template = 'A photo of a {} in the scene', ...options }: ClassTokensOptions = {},
): tf.Tensor2D {
  if (!template.includes('{}')) throw new RangeError(`classTokens: template must contain {}, got ${JSON.stringify(template)}`);
  if (classNames.length === 0) throw new RangeError('classTokens: classNames must hold at least one class, got none');
  const prompts = classNames.map((synonyms, i) => {
    const [name] = synonyms.split(', ');
    if (name.trim() === '') throw new RangeError(`classTokens: classNames[${i}] must name a class, got ${JSON.stringify(synonyms)}`);
    return template.replaceAll('{}', () => name);
  });
  return tokenize(prompts, options);
}
