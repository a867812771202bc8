import { ExportError } from '../../export-error.js';
import type { OpNode } from '../../model-graph.js';
import { isFixed, plus, sameSize, type Size } from '../../size.js';
import type { Rule, Rules, Translation } from '../translation.js';

const channelsFirstAxis = [0, 2, 3, 1];

/** The same values in another shape: written when an op needs it. */
const reshape: Rule = (node, to) => to.set(node, { ...to.view(node.inputs[0]), shape: node.outputs[0].shape });

const transpose: Rule = (node, to) => {
  const [x] = node.inputs;
  const perm = to.integers(node, 1);
  if (perm.length === 4 && to.isChannelsFirst(x)) {
    const { name } = to.view(x);
    to.set(node, to.graph.transpose(name, perm.map((axis) => channelsFirstAxis[axis]))); // prettier-ignore
  } else to.set(node, to.graph.transpose(to.exact(x), perm));
};

/** An op that works on images as they stand: `compute` gets the value and how its axes are numbered. */
function asItStands(node: OpNode, to: Translation, compute: (x: string, axis: (axis: number) => number) => string): void {
  const [x] = node.inputs;
  if (to.shape(x).length === 4 && to.isChannelsFirst(x))
    to.setChannelsFirst(
      node,
      compute(to.channelsFirst(x), (axis) => channelsFirstAxis[axis]),
    );
  else
    to.set(
      node,
      compute(to.exact(x), (axis) => axis),
    );
}

const slice: Rule = (node, to) => {
  const shape = to.shape(node.inputs[0]);
  const begin = to.integers(node, 1);
  const size = node.outputs[0].shape;
  const axes = [...shape.keys()].filter((axis) => begin[axis] !== 0 || !sameSize(size[axis], shape[axis]));
  asItStands(node, to, (x, axisOf) =>
    axes.length === 0
      ? x
      : to.add('Slice', [
          x,
          to.graph.int64(axes.map((axis) => begin[axis])),
          to.int64(axes.map((axis) => plus(size[axis], begin[axis]))),
          to.graph.int64(axes.map(axisOf)),
        ]),
  );
};

const end = 2 ** 31 - 1; // beyond any size
const bit = (mask: unknown, axis: number): boolean => ((mask as number) & (1 << axis)) !== 0;

/** Axes cut to one entry and dropped (shrink) are reshaped away. */
const stridedSlice: Rule = (node, to) => {
  const {
    begin_mask: fromStart,
    end_mask: toEnd,
    ellipsis_mask: ellipsis,
    new_axis_mask: newAxis,
    shrink_axis_mask: shrink,
  } = node.attributes;
  if (ellipsis !== 0 || newAxis !== 0)
    throw new ExportError(`${to.label(node)} has an ellipsis or a new axis, which the export does not write`);
  const [begin, ends, strides] = [1, 2, 3].map((input) => to.sizes(node, input));
  const shape = to.shape(node.inputs[0]);
  const step = strides.map((size) => (isFixed(size) ? size : 1));
  const parts = [...begin.keys()].map((axis) => {
    const back = step[axis] < 0;
    const first = begin[axis];
    const stop = ends[axis];
    if (bit(shrink, axis)) return { axis, first, stop: isFixed(first) && first === -1 ? end : plus(first, 1), step: 1 };
    const all = !isFixed(stop) && sameSize(stop, shape[axis]);
    return {
      axis,
      first: bit(fromStart, axis) ? (back ? end : 0) : first,
      stop: bit(toEnd, axis) || all ? (back ? -end : end) : stop,
      step: step[axis],
    };
  });
  const cut = parts.filter(({ first, stop, step, axis }) => first !== 0 || step !== 1 || !(stop === end || sameSize(stop, shape[axis])));
  const x = to.exact(node.inputs[0]);
  const sizes = (values: readonly Size[]): string => to.int64(values);
  const name =
    cut.length === 0
      ? x
      : to.add('Slice', [
          x,
          sizes(cut.map(({ first }) => first)),
          sizes(cut.map(({ stop }) => stop)),
          to.graph.int64(cut.map(({ axis }) => axis)),
          to.graph.int64(cut.map(({ step }) => step)),
        ]);
  const dropped = shape.flatMap((_, axis) => (bit(shrink, axis) ? [axis] : []));
  to.set(node, dropped.length === 0 ? name : to.add('Squeeze', [name, to.graph.int64(dropped)]));
};

const pad = (node: OpNode, to: Translation, mode: string, value?: string): void => {
  const paddings = to.integers(node, 1); // [rank,2]
  const axes = [...to.shape(node.inputs[0]).keys()].filter((axis) => paddings[2 * axis] + paddings[2 * axis + 1] > 0);
  const sides = [0, 1].flatMap((side) => axes.map((axis) => paddings[2 * axis + side]));
  asItStands(node, to, (x, axisOf) =>
    axes.length === 0 ? x : to.add('Pad', [x, to.graph.int64(sides), value ?? '', to.graph.int64(axes.map(axisOf))], { mode }),
  );
};

/** Images stand channels first together if one does and they are joined along an axis. */
const concat: Rule = (node, to) => {
  const tensors = node.inputs.slice(0, -1);
  const rank = node.outputs[0].shape.length;
  const given = to.integers(node, node.inputs.length - 1)[0];
  const axis = given < 0 ? given + rank : given;
  if (rank === 4 && tensors.some((ref) => to.isChannelsFirst(ref))) {
    const name = to.add('Concat', tensors.map((ref) => to.channelsFirst(ref)), { axis: channelsFirstAxis[axis] }); // prettier-ignore
    to.setChannelsFirst(node, name);
  } else to.set(node, to.add('Concat', tensors.map((ref) => to.exact(ref)), { axis })); // prettier-ignore
};

/** Equal parts need no sizes, which may follow the batch. */
function split(node: OpNode, to: Translation, x: string, axisInput: number, sizes: readonly Size[]): void {
  const rank = to.shape(x).length;
  const given = to.integers(node, axisInput)[0];
  const axis = given < 0 ? given + rank : given;
  const first = rank === 4 && to.isChannelsFirst(x);
  const equal = sizes.every((size) => sameSize(size, sizes[0]));
  const attributes = { axis: first ? channelsFirstAxis[axis] : axis, ...(equal && { num_outputs: sizes.length }) };
  const value = first ? to.channelsFirst(x) : to.exact(x);
  const parts = to.graph.addAll('Split', equal ? [value] : [value, to.int64(sizes)], attributes, sizes.length);
  parts.forEach((part, i) => (first ? to.setChannelsFirst(node, part, i) : to.set(node, part, i)));
}

export const shapes: Rules = {
  Reshape: reshape,
  ExpandDims: reshape,
  Squeeze: reshape,
  Transpose: transpose,
  Slice: slice,
  StridedSlice: stridedSlice,
  ConcatV2: concat,
  PadV2: (node, to) => pad(node, to, 'constant', to.exact(node.inputs[2])),
  MirrorPad: (node, to) => {
    if (node.attributes.mode !== 'REFLECT')
      throw new ExportError(`${to.label(node)} repeats the edge itself (symmetric), which ONNX lacks`);
    pad(node, to, 'reflect');
  },
  Split: (node, to) => split(node, to, node.inputs[1], 0, node.outputs.map(({ shape }) => shape[to.integers(node, 0)[0]])), // prettier-ignore
  SplitV: (node, to) => split(node, to, node.inputs[0], 2, to.sizes(node, 1)),
  Pack: (node, to) => {
    const axis = node.attributes.axis as number;
    const axes = to.graph.int64([axis]);
    const parts = node.inputs.map((ref) => to.graph.addOnce('Unsqueeze', [to.exact(ref), axes]));
    to.set(node, to.add('Concat', parts, { axis }));
  },
  Unpack: (node, to) => {
    const axis = node.attributes.axis as number;
    const x = to.exact(node.inputs[0]);
    const parts = to.graph.addAll('Split', [x], { axis, num_outputs: node.outputs.length }, node.outputs.length);
    parts.forEach((part, i) => to.set(node, to.add('Squeeze', [part, to.graph.int64([axis])]), i));
  },
  Tile: (node, to) => to.set(node, to.add('Tile', [to.exact(node.inputs[0]), to.int64(to.sizes(node, 1))])),
  BroadcastTo: (node, to) => to.set(node, to.add('Expand', [to.exact(node.inputs[0]), to.int64(node.outputs[0].shape)])),
  ReverseV2: (node, to) => {
    const axes = to.integers(node, 1);
    if (axes.length === 0) {
      to.set(node, to.view(node.inputs[0]));
      return;
    }
    const [starts, ends, steps] = [-1, -end, -1].map((value) => to.graph.int64(axes.map(() => value)));
    asItStands(node, to, (x, axisOf) => to.add('Slice', [x, starts, ends, to.graph.int64(axes.map(axisOf)), steps]));
  },
  GatherV2: (node, to) => {
    if ((node.attributes.batch_dims ?? 0) !== 0) throw new ExportError(`${to.label(node)} gathers with batch dimensions, which ONNX lacks`);
    const [x, indices] = node.inputs;
    const given = to.integers(node, 2)[0];
    const axis = given < 0 ? given + to.shape(x).length : given;
    to.set(node, to.add('Gather', [to.exact(x), to.exact(indices)], { axis }));
  },
  /** Compared with each class: an index that is none gives no one, where ONNX's OneHot counts from the end. */
  OneHot: (node, to) => {
    const [indices, , on, off] = node.inputs;
    const { shape } = node.outputs[0];
    const depth = shape[shape.length - 1];
    if (!isFixed(depth) || (node.attributes.axis ?? -1) !== -1)
      throw new ExportError(`${to.label(node)} must have its classes on the last axis`);
    const classes = Int32Array.from({ length: depth }, (_, i) => i);
    const all = to.graph.initializer('classes', 'int32', [depth], new Uint8Array(classes.buffer));
    const column = to.graph.addOnce('Unsqueeze', [to.exact(indices), to.graph.int64([-1])]);
    to.set(node, to.add('Where', [to.add('Equal', [column, all]), to.exact(on), to.exact(off)]));
  },
  DepthToSpace: (node, to) => {
    const attributes = { blocksize: node.attributes.block_size as number, mode: 'DCR' };
    to.setChannelsFirst(node, to.add('DepthToSpace', [to.channelsFirst(node.inputs[0])], attributes));
  },
};
