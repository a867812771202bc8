import { ByteSource, type WeightsSource } from './byte-source.js';
import type { HostTensor } from './host-tensor.js';
import { openSafetensorsBytes } from './safetensors.js';
import { legacyMagic, openTorchLegacy } from './torch-legacy.js';
import { openTorchZip } from './torch-zip.js';
import { naming, readAll, type WeightsFile } from './weights-file.js';

/**
 * Opens a file of weights, whatever its name: safetensors, or what `torch.save` writes (zip or legacy). Of a PyTorch file it is
 * the state dict: the top level where that holds tensors, else what stands under `state_dict`, `teacher` or `model`; names are kept as they
 * are. A pickle is only ever read as data; a file that would run code is refused by name.
 *
 * @throws WeightsFileError naming the file and what is wrong with it
 */
export async function openCheckpoint(source: WeightsSource): Promise<WeightsFile> {
  const bytes = await ByteSource.open(source);
  try {
    return await naming(bytes.label, () => openByContent(bytes));
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** All tensors of a file of weights. Throws as `openCheckpoint` does. */
export async function readCheckpoint(source: WeightsSource): Promise<Map<string, HostTensor>> {
  return readAll(await openCheckpoint(source));
}

async function openByContent(source: ByteSource): Promise<WeightsFile> {
  const start = Buffer.from(await source.read(0, Math.min(source.size, 512)));
  if (start.length === 0) throw source.error('is empty');
  if (start.subarray(0, 4).toString('latin1') === 'PK\x03\x04') return openTorchZip(source);
  if (start.subarray(0, legacyMagic.length).equals(legacyMagic)) return openTorchLegacy(source);
  if (start[8] === 0x7b) return openSafetensorsBytes(source);
  const found =
    start.subarray(257, 262).toString('latin1') === 'ustar'
      ? 'a tar archive, which PyTorch wrote before 0.1.10: save it again with a later one'
      : start[0] === 0x80
        ? 'a pickle, but not one of torch.save'
        : /^\s*</.test(start.toString('latin1'))
          ? 'a web page: was it downloaded through a link to a page instead of the file?'
          : 'something else';
  throw source.error(`is neither safetensors nor a PyTorch checkpoint, but ${found}`);
}
