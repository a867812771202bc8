import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { encodeSavedModel, type NamedTensors, type SignatureTensor } from '@rs/engine';
import { writeAtomically, type Written } from '@rs/weights';
import { ExportError } from '../export-error.js';
import { exportInputs, type InputSpecs } from '../input-spec.js';
import { modelGraph, type TensorType } from '../model-graph.js';
import { isFixed } from '../size.js';
import { tensorflowNodes } from './tensorflow-nodes.js';

const largest = 2 ** 31 - 1; // bytes of a protocol buffer

/**
 * Writes what `fn` computes as a TensorFlow SavedModel, for TensorFlow Serving or `tf.saved_model.load`: the signature `serving_default` has the names
 * that `fn` gives, its layout, [N,H,W,C], and its types. Weights are what they are now. An input whose first size is `null` takes any batch.
 *
 * @param folder of the model, made here: `saved_model.pb` and an empty `variables/`
 * @param fn a model in evaluation, e.g. `({ image }) => ({ logits: model.call(image as tf.Tensor4D, 'eval') })`
 * @param inputs the shape of each input of `fn`, or its shape and type
 * @throws ExportError when the folder is there already, the batch is fixed by an op, or the model is larger than a protocol buffer can be
 * @throws CaptureError when `fn` reads values of tensors or draws random numbers
 */
export async function exportSavedModel<I extends InputSpecs>(
  folder: string,
  fn: (inputs: Readonly<Record<keyof I & string, tf.Tensor>>) => NamedTensors,
  inputs: I,
): Promise<Written> {
  if (await stat(folder).catch(() => undefined)) throw new ExportError(`${folder}: exists already; give the model a folder of its own`);
  const parsed = exportInputs(inputs);
  const graph = modelGraph(fn as (inputs: NamedTensors) => NamedTensors, parsed);
  const bytes = graph.nodes.reduce((sum, node) => sum + (node.kind === 'constant' ? node.bytes.length : 0), 0);
  if (bytes > largest) throw new ExportError(`${folder}: the weights take ${bytes} bytes, expected at most ${largest} in one SavedModel`);
  const { nodes, inputRefs, types } = tensorflowNodes(graph, parsed);
  const signature = {
    inputs: Object.fromEntries(
      parsed.map(({ name, dtype, shape }) => [name, { ref: inputRefs[name], dtype, shape: shape.map((size) => size ?? -1) }]),
    ),
    outputs: Object.fromEntries(graph.outputs.map(({ name, ref }) => [name, described(ref, types.get(ref) as TensorType)])),
  };
  const model = encodeSavedModel({ nodes, signature });
  const temporary = path.join(path.dirname(folder), `.${path.basename(folder)}.${randomUUID()}.tmp`);
  try {
    await mkdir(path.join(temporary, 'variables'), { recursive: true }); // none, but the format wants the folder
    const written = await writeAtomically(path.join(temporary, 'saved_model.pb'), [model]);
    await rename(temporary, folder);
    return written;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

const described = (ref: string, { dtype, shape }: TensorType): SignatureTensor => ({
  ref,
  dtype,
  shape: shape.map((size) => (isFixed(size) ? size : -1)),
});
