import type { HostTensor } from '@rs/nn';

/** What a checkpoint of CLIP lists besides its weights. */
const sizes = /(^|\.)(input_resolution|context_length|vocab_size)$/;

const jointWeight = /(^|\.)attn\.in_proj_weight$/;

/**
 * The state dict of a CLIP model, or of one that holds a CLIP model, with one weight each for queries, keys and values, as the towers
 * here have them: rows 0..W, W..2W, 2W..3W of `attn.in_proj_weight`. A dict that is split already stays as it is.
 *
 * @throws RangeError when a joint weight does not have the shape (3W,W)
 */
export function splitClipWeights<T extends HostTensor>(dict: ReadonlyMap<string, T>): Map<string, T> {
  const result = new Map<string, T>();
  for (const [name, tensor] of dict) {
    if (sizes.test(name)) continue;
    if (!jointWeight.test(name)) {
      result.set(name, tensor);
      continue;
    }
    const [rows, width] = tensor.shape;
    if (tensor.shape.length !== 2 || rows !== 3 * width) {
      throw new RangeError(`splitClipWeights: ${name} must have shape [3 W,W], got [${tensor.shape}]`);
    }
    ['q', 'k', 'v'].forEach((part, i) => {
      const data = tensor.data.subarray(i * width * width, (i + 1) * width * width);
      result.set(name.replace(/in_proj_weight$/, `${part}_proj_weight`), { ...tensor, shape: [width, width], data });
    });
  }
  return result;
}
