import type { OpNode } from '../../model-graph.js';
import { dataTypes } from '../proto.js';
import type { Rule, Rules, Translation } from '../translation.js';

const channelsFirstAxis = [0, 2, 3, 1];

/** The reduced axes, counted from the front. */
const axesOf = (node: OpNode, to: Translation): number[] => {
  const { length } = to.shape(node.inputs[0]);
  return to.integers(node, 1).map((axis) => (axis < 0 ? axis + length : axis));
};

/** On an image that stands channels first what stays has the same order if it is an image, or only channels, or only rows and columns. */
function reduce(node: OpNode, to: Translation, compute: (x: string, axes: string, keep: number) => string): void {
  const [x] = node.inputs;
  const axes = axesOf(node, to);
  const keep = node.attributes.keep_dims === true ? 1 : 0;
  const left = [0, 1, 2, 3].filter((axis) => !axes.includes(axis)).join();
  const inPlace = to.shape(x).length === 4 && to.isChannelsFirst(x) && (keep === 1 || ['', '0', '3', '0,3', '0,1,2', '1,2'].includes(left));
  if (!inPlace) {
    to.set(node, compute(to.exact(x), to.graph.int64(axes), keep));
    return;
  }
  const result = compute(to.channelsFirst(x), to.graph.int64(axes.map((axis) => channelsFirstAxis[axis])), keep);
  if (keep === 1) to.setChannelsFirst(node, result);
  else to.set(node, result);
}

const numeric =
  (opType: string): Rule =>
  (node, to) =>
    reduce(node, to, (x, axes, keepdims) => to.add(opType, [x, axes], { keepdims }));

const logical =
  (opType: string): Rule =>
  (node, to) =>
    reduce(node, to, (x, axes, keepdims) => {
      const counted = to.add('Cast', [x], { to: dataTypes.int32 });
      return to.add('Cast', [to.add(opType, [counted, axes], { keepdims })], { to: dataTypes.bool });
    });

const extreme =
  (opType: string): Rule =>
  (node, to) => {
    const [axis] = axesOf(node, to);
    const [x] = node.inputs;
    const first = to.shape(x).length === 4 && axis === 3 && to.isChannelsFirst(x);
    const index = to.add(opType, [first ? to.channelsFirst(x) : to.exact(x)], { axis: first ? 1 : axis, keepdims: 0 });
    to.set(node, to.add('Cast', [index], { to: dataTypes.int32 }));
  };

export const reductions: Rules = {
  Sum: numeric('ReduceSum'),
  Mean: numeric('ReduceMean'),
  Max: numeric('ReduceMax'),
  Min: numeric('ReduceMin'),
  Prod: numeric('ReduceProd'),
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: extreme('ArgMax'),
  ArgMin: extreme('ArgMin'),
  Cumsum: (node, to) => {
    const [axis] = to.integers(node, 1);
    const { exclusive, reverse } = node.attributes;
    const flags = { exclusive: exclusive === true ? 1 : 0, reverse: reverse === true ? 1 : 0 };
    to.set(node, to.add('CumSum', [to.exact(node.inputs[0]), to.graph.int64([axis], [])], flags));
  },
  TopKV2: (node, to) => {
    const count = to.graph.int64(to.integers(node, 1));
    const [values, indices] = to.graph.addAll('TopK', [to.exact(node.inputs[0]), count], { axis: -1 }, 2);
    to.set(node, values);
    to.set(node, to.add('Cast', [indices], { to: dataTypes.int32 }), 1);
  },
};
