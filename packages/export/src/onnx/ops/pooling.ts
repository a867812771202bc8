import type { OpNode } from '../../model-graph.js';
import type { Rules, Translation } from '../translation.js';
import { needsChannelsLast, padsOf } from './convolution.js';

function pool(node: OpNode, to: Translation, opType: string): void {
  needsChannelsLast(node);
  const [kernel, stride] = (['ksize', 'strides'] as const).map((name) => {
    const [, height, width] = node.attributes[name] as readonly number[];
    return [height, width] as const;
  });
  const [height, width] = to.fixedShape(node, node.inputs[0], [1, 2]);
  const pads = padsOf(node, [height, width], kernel, stride);
  to.setChannelsFirst(node, to.add(opType, [to.channelsFirst(node.inputs[0])], { kernel_shape: kernel, strides: stride, pads }));
}

/** What lies outside counts in neither: not for the largest, and not in the mean. */
export const pools: Rules = {
  MaxPool: (node, to) => pool(node, to, 'MaxPool'),
  AvgPool: (node, to) => pool(node, to, 'AveragePool'),
};
