import { ExportError } from '../../export-error.js';
import type { OpNode } from '../../model-graph.js';
import type { Rule, Rules, Translation } from '../translation.js';
import { needsChannelsLast } from './convolution.js';

/** By given statistics: x, scale, offset, mean, variance. The runtime folds it into a convolution before it. */
const batchNorm: Rule = (node, to) => {
  needsChannelsLast(node);
  if (node.attributes.is_training !== false)
    throw new ExportError(`${to.label(node)} takes the statistics of the batch; export the model as it is in evaluation, with mode 'eval'`);
  const [x, ...statistics] = node.inputs;
  const inputs = [to.channelsFirst(x), ...statistics.map((ref) => to.exact(ref))];
  to.setChannelsFirst(node, to.add('BatchNormalization', inputs, { epsilon: { float: node.attributes.epsilon as number } }));
};

/** An op over the last axis. */
function overRows(node: OpNode, to: Translation, compute: (x: string) => string): void {
  const rows = to.rows(node.inputs[0]);
  to.set(node, { ...rows, name: compute(rows.name) });
}

const softmax =
  (opType: string): Rule =>
  (node, to) =>
    overRows(node, to, (x) => to.add(opType, [x], { axis: -1 }));

export const normalizations: Rules = {
  FusedBatchNorm: batchNorm,
  FusedBatchNormV3: batchNorm,
  Softmax: softmax('Softmax'),
  _MklSoftmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
  LayerNormalization: (node, to) => {
    const [, scale, offset] = node.inputs;
    const attributes = { axis: -1, epsilon: { float: node.attributes.epsilon as number } };
    overRows(node, to, (x) => to.add('LayerNormalization', [x, to.exact(scale), to.exact(offset)], attributes));
  },
};
