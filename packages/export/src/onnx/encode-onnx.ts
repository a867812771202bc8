import type * as tf from '@tensorflow/tfjs-core';
import { ExportError } from '../export-error.js';
import type { ExportInput } from '../input-spec.js';
import type { ModelGraph } from '../model-graph.js';
import { convolutions } from './ops/convolution.js';
import { elementwise } from './ops/elementwise.js';
import { normalizations } from './ops/normalization.js';
import { pools } from './ops/pooling.js';
import { reductions } from './ops/reduction.js';
import { resizes } from './ops/resize.js';
import { shapes } from './ops/shape.js';
import { encodeModel, type OnnxModel } from './proto.js';
import { recognise } from './recognise.js';
import { Translation, type Rules } from './translation.js';

const opset = 20; // the first with Gelu

const rules: Rules = { ...elementwise, ...convolutions, ...normalizations, ...pools, ...reductions, ...resizes, ...shapes };

/**
 * A model in ONNX.
 *
 * @param weightNames what to call the variables
 * @throws ExportError naming the op that has no form in ONNX, or that fixes the batch
 */
export function translateToOnnx(
  graph: ModelGraph,
  inputs: readonly ExportInput[],
  weightNames: ReadonlyMap<tf.Variable, string>,
): OnnxModel {
  const recognised = recognise(graph);
  const translation = new Translation(recognised, inputs, weightNames);
  for (const node of recognised.nodes) {
    if (node.kind !== 'op') continue;
    const rule = rules[node.op];
    if (!rule) {
      const known = Object.keys(rules).join(', ');
      throw new ExportError(`${translation.label(node)} has no translation to ONNX; compose it of others: ${known}`);
    }
    rule(node, translation);
  }
  return {
    opset,
    inputs: inputs.map(({ name, dtype, shape }) => ({ name, type: dtype, shape: shape.map((size) => size ?? 'batch') })),
    ...translation.finish(),
  };
}

const largest = 2 ** 31 - 1; // bytes of a protocol buffer

/** The bytes of the file, in pieces. @throws ExportError when it would be above 2 GB */
export function encodeOnnx(model: OnnxModel): Uint8Array[] {
  const weights = model.initializers.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (weights > largest)
    throw new ExportError(`the weights are ${(weights / 2 ** 30).toFixed(1)} GiB, and an ONNX file holds 2 GiB; export parts of the model`);
  const pieces = encodeModel(model);
  return pieces;
}
