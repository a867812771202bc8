import { isFixed, sameShape, type Size } from '../../size.js';
import type { OpNode } from '../../model-graph.js';
import type { Rule, Rules, Translation, View } from '../translation.js';
import { dataTypes, type OnnxAttribute, type OnnxType } from '../proto.js';

/** An ONNX op of one operand, with other inputs that are numbers. */
const unary =
  (opType: string, attributes: Readonly<Record<string, OnnxAttribute>> = {}): Rule =>
  (node, to) =>
    to.set(node, { ...to.view(node.inputs[0]), name: to.add(opType, [to.view(node.inputs[0]).name], attributes) });

/** Several ONNX ops of one operand. */
const composed =
  (compose: (x: string, to: Translation, node: OpNode) => string): Rule =>
  (node, to) =>
    to.set(node, { ...to.view(node.inputs[0]), name: compose(to.view(node.inputs[0]).name, to, node) });

/** An ONNX op of two operands that broadcast. */
const binary =
  (opType: string): Rule =>
  (node, to) =>
    pairwise(node, to, (a, b) => to.add(opType, [a, b]));

export const elementwise: Rules = {
  ...Object.fromEntries(
    [
      'Abs',
      'Acos',
      'Acosh',
      'Asin',
      'Asinh',
      'Atan',
      'Atanh',
      'Ceil',
      'Cos',
      'Cosh',
      'Elu',
      'Erf',
      'Exp',
      'Floor',
      'Log',
      'Neg',
      'Relu',
    ].map((op) => [op, unary(op)]),
  ),
  ...Object.fromEntries(
    ['Reciprocal', 'Round', 'Selu', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Sqrt', 'Tan', 'Tanh'].map((op) => [op, unary(op)]),
  ),
  LogicalNot: unary('Not'),
  IsNan: unary('IsNaN'),
  IsInf: unary('IsInf'),
  IsFinite: composed((x, to) => to.add('Not', [to.add('Or', [to.add('IsNaN', [x]), to.add('IsInf', [x])])])),
  Gelu: (node, to) => unary('Gelu', { approximate: node.attributes.approximate as string })(node, to),
  LeakyRelu: (node, to) => unary('LeakyRelu', { alpha: { float: node.attributes.alpha as number } })(node, to),
  Relu6: composed((x, to) => to.add('Clip', [x, to.graph.float32([0]), to.graph.float32([6])])),
  Rsqrt: composed((x, to) => to.add('Reciprocal', [to.add('Sqrt', [x])])),
  Square: composed((x, to) => to.add('Mul', [x, x])),
  Log1p: composed((x, to) => to.add('Log', [to.add('Add', [x, to.graph.float32([1])])])),
  Expm1: composed((x, to) => to.add('Sub', [to.add('Exp', [x]), to.graph.float32([1])])),
  Identity: (node, to) => to.set(node, to.view(node.inputs[0])),
  Cast: (node, to) => {
    const [from, type] = [to.dtype(node.inputs[0]), node.outputs[0].dtype as OnnxType];
    if (from === type) to.set(node, to.view(node.inputs[0]));
    else unary('Cast', { to: dataTypes[type] })(node, to);
  },

  Add: binary('Add'),
  AddV2: binary('Add'),
  BiasAdd: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Div: binary('Div'),
  RealDiv: binary('Div'),
  Pow: binary('Pow'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Equal: binary('Equal'),
  Greater: binary('Greater'),
  GreaterEqual: binary('GreaterOrEqual'),
  Less: binary('Less'),
  LessEqual: binary('LessOrEqual'),
  LogicalAnd: binary('And'),
  LogicalOr: binary('Or'),
  NotEqual: (node, to) => pairwise(node, to, (a, b) => to.add('Not', [to.add('Equal', [a, b])])),
  SquaredDifference: (node, to) =>
    pairwise(node, to, (a, b) => {
      const difference = to.add('Sub', [a, b]);
      return to.add('Mul', [difference, difference]);
    }),
  /** Rounds down, where ONNX's Div of whole numbers drops the fraction. */
  FloorDiv: (node, to) =>
    pairwise(node, to, (a, b) => {
      if (node.outputs[0].dtype === 'float32') return to.add('Floor', [to.add('Div', [a, b])]);
      const rest = to.add('Mod', [a, b], { fmod: 0 }); // has the sign of b
      return to.add('Div', [to.add('Sub', [a, rest]), b]);
    }),
  /** The rest has the sign of b. */
  FloorMod: (node, to) =>
    pairwise(node, to, (a, b) => {
      if (node.outputs[0].dtype !== 'float32') return to.add('Mod', [a, b], { fmod: 0 });
      return to.add('Sub', [a, to.add('Mul', [to.add('Floor', [to.add('Div', [a, b])]), b])]);
    }),
  AddN: (node, to) => to.set(node, to.add('Sum', node.inputs.map((ref) => to.exact(ref)))), // prettier-ignore
  Select: (node, to) => {
    const [condition, yes, no] = node.inputs;
    const missing = to.shape(yes).length - to.shape(condition).length; // a condition for each entry of the first axis
    const flags = to.exact(condition);
    const axes = to.graph.int64(Array.from({ length: missing }, (_, i) => i + to.shape(condition).length));
    to.set(node, to.add('Where', [missing > 0 ? to.graph.addOnce('Unsqueeze', [flags, axes]) : flags, to.exact(yes), to.exact(no)]));
  },
  SelectV2: (node, to) => to.set(node, to.add('Where', node.inputs.map((ref) => to.exact(ref)))), // prettier-ignore
  ZerosLike: (node, to) => filled(node, to, 0),
  OnesLike: (node, to) => filled(node, to, 1),
};

function filled(node: OpNode, to: Translation, value: number): void {
  const one = to.graph.float32([value]);
  const type = node.outputs[0].dtype as OnnxType;
  const typed = type === 'float32' ? one : to.graph.addOnce('Cast', [one], { to: dataTypes[type] });
  to.set(node, to.add('Expand', [typed, to.int64(node.outputs[0].shape)]));
}

/** Puts two operands in one layout, with as few rearrangements as possible, and sets what `compute` makes of them. */
function pairwise(node: OpNode, to: Translation, compute: (a: string, b: string) => string): void {
  const [a, b] = node.inputs;
  const { shape } = node.outputs[0];
  const [first, second] = [to.view(a), to.view(b)];
  const along = (view: View, others: string, isFirst: boolean): void =>
    to.set(node, { ...view, name: isFirst ? withBias(node, to, view.name, others, compute) : compute(others, view.name) });
  if (sameShape(first.shape, shape)) {
    const other = beside(to, b, first);
    if (other !== undefined) {
      along(first, other, true);
      return;
    }
  }
  if (sameShape(second.shape, shape)) {
    const other = beside(to, a, second);
    if (other !== undefined) {
      along(second, other, false);
      return;
    }
  }
  if (first.channelsFirst === second.channelsFirst && sameShape(first.actual, second.actual) && sameShape(first.shape, second.shape)) {
    to.set(node, { ...first, name: compute(first.name, second.name) });
  } else if (prefersChannelsFirst(to, a, b)) {
    to.setChannelsFirst(node, compute(to.channelsFirst(a), to.channelsFirst(b)));
  } else to.set(node, compute(to.exact(a), to.exact(b)));
}

/** A number, or a constant for each channel, as it broadcasts with a tensor where that stands. */
function beside(to: Translation, ref: string, { actual, channelsFirst, shape }: View): string | undefined {
  const constant = to.constant(ref);
  if (!constant || constant.shape.length > shape.length) return undefined;
  if (constant.shape.every((size) => size === 1)) return to.reshapedWeight(ref, []);
  const channels = constant.shape[constant.shape.length - 1];
  if (!isFixed(channels) || constant.shape.slice(0, -1).some((size) => size !== 1)) return undefined;
  if (shape[shape.length - 1] !== channels || actual[channelsFirst ? 1 : actual.length - 1] !== channels) return undefined;
  return to.reshapedWeight(ref, channelsFirst ? [channels, 1, 1] : [channels]);
}

/** A constant for each channel that is added to nothing but a convolution is the bias of the convolution. */
function withBias(node: OpNode, to: Translation, x: string, other: string, compute: (a: string, b: string) => string): string {
  const convolution = to.graph.producer(x);
  const adds = node.op === 'BiasAdd' || node.op === 'AddV2' || node.op === 'Add';
  const constant = to.constant(node.inputs[1]);
  const open = convolution?.opType === 'Conv' || convolution?.opType === 'ConvTranspose';
  if (!adds || !open || convolution.inputs.length > 2 || constant?.shape.length !== 1 || !to.isReadOnce(node.inputs[0]))
    return compute(x, other);
  if (constant.shape[0] !== node.outputs[0].shape[node.outputs[0].shape.length - 1]) return compute(x, other);
  convolution.inputs.push(to.view(node.inputs[1]).name);
  return x;
}

/** Images: if both stand channels first, or one does and the other gets there for nothing or already has. */
function prefersChannelsFirst(to: Translation, a: string, b: string): boolean {
  if (to.shape(a).length !== 4 || to.shape(b).length !== 4) return false;
  const [first, second] = [to.isChannelsFirst(a), to.isChannelsFirst(b)];
  if (first && second) return true;
  const free = (ref: string): boolean => {
    const [, height, width, channels] = to.shape(ref) as [Size, Size, Size, Size];
    return channels === 1 || (height === 1 && width === 1) || to.constant(ref) !== undefined || to.isTransposed(ref);
  };
  return (first && free(b)) || (second && free(a));
}
