import type * as tf from '@tensorflow/tfjs-core';
import { buffers, parameters } from '@rs/nn';
import { writeAtomically, type Written } from '@rs/weights';
import type { NamedTensors } from '@rs/engine';
import { ExportError } from './export-error.js';
import { exportInputs, type InputSpecs } from './input-spec.js';
import { modelGraph } from './model-graph.js';
import { encodeOnnx, translateToOnnx } from './onnx/encode-onnx.js';

export interface ExportOnnxOptions {
  readonly module?: object; // whose parameters and buffers name the weights in the file; default: they are called `constant`
}

/** What was written. */
export interface ExportedOnnx extends Written {
  readonly nodes: Readonly<Record<string, number>>; // how many of each ONNX op
}

/**
 * Writes what `fn` computes as an ONNX file of opset 20. Inputs and outputs have the names that `fn` gives them, and its layout,
 * [N,H,W,C]; weights are what they are now. What follows from weights alone is computed. An input whose first size is `null` takes any batch.
 *
 * @param fn a model in evaluation, e.g. `({ image }) => ({ logits: model.call(image as tf.Tensor4D, 'eval') })`
 * @param inputs the shape of each input of `fn`, or its shape and type
 * @throws ExportError when there is no ONNX for an op, or the batch is fixed by one: names it
 * @throws CaptureError when `fn` reads values of tensors or draws random numbers
 */
export async function exportOnnx<I extends InputSpecs>(
  file: string,
  fn: (inputs: Readonly<Record<keyof I & string, tf.Tensor>>) => NamedTensors,
  inputs: I,
  { module }: ExportOnnxOptions = {},
): Promise<ExportedOnnx> {
  const parsed = exportInputs(inputs);
  const graph = modelGraph(fn as (inputs: NamedTensors) => NamedTensors, parsed);
  const twice = graph.outputs.find(({ name }) => parsed.some((input) => input.name === name));
  if (twice) throw new ExportError(`${twice.name} is the name of an input and of an output, which ONNX does not allow; rename one of them`);
  const model = translateToOnnx(graph, parsed, weightNames(module));
  const nodes: Record<string, number> = {};
  for (const { opType } of model.nodes) nodes[opType] = (nodes[opType] ?? 0) + 1;
  return { ...(await writeAtomically(file, encodeOnnx(model))), nodes };
}

function weightNames(module: object | undefined): Map<tf.Variable, string> {
  if (!module) return new Map();
  return new Map([...parameters(module), ...buffers(module)].map(([name, variable]) => [variable, name]));
}
