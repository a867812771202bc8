import { loadStateDict, stateDict, type HostTensor } from '@rs/nn';
import type { VssEncoder } from './vss-encoder.js';

type StateDict = ReadonlyMap<string, HostTensor>;

/** What a checkpoint holds beside the encoder: the classifier, and norms of the outputs. */
const beside = /^(classifier|head|norm|outnorm\d*)\./;

/**
 * Sets an encoder to the weights of a VMamba of the same size, such as VMamba-T v0, or of MFMamba's encoder. Where the checkpoint's images
 * have another number of channels, the patch embedding's convolution stays as it is.
 *
 * @param dict names and tensors of the file, as `fromPretrained` of @rs/weights returns them
 * @throws Error that lists what is missing, unexpected or of another shape; the encoder is unchanged then
 */
export function loadVssEncoder(encoder: VssEncoder, dict: StateDict): void {
  const weights = new Map<string, HostTensor>();
  for (const [key, tensor] of dict) {
    const name = key.replace(/^(module|model|encoder)\./, '').replace(/^downsamples\.(\d+)\./, 'layers.$1.downsample.');
    if (!beside.test(name)) weights.set(name, tensor);
  }
  const { proj } = encoder.patchEmbed;
  const channels = weights.get('patch_embed.proj.weight')?.shape[1];
  if (channels !== undefined && channels !== proj.weight.shape[2]) {
    for (const [name, tensor] of stateDict(proj)) weights.set(`patch_embed.proj.${name}`, tensor);
  }
  loadStateDict(encoder, weights);
}
