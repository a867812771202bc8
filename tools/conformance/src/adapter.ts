import * as tf from '@tensorflow/tfjs-core';
import { capture, type Captured, type NamedTensors } from '@rs/engine';
import { buffers, disposeModule, loadStateDict, parameters, stateDict, torchInit, TrainPass, Random, type Init, type Mode } from '@rs/nn';
import type { HostTensor } from '@rs/weights';
import { tensorsOf, type Case, type Config } from './case.js';
import { compareJson, compareTensors, exact, Mismatch, worst, type Deviation } from './compare.js';
import { defaultLayout, toHost, toTensor, type Layout } from './layout.js';

/** Runs one case and returns how far off it was; throws `Mismatch` when it is too far, or what the op itself throws. */
export type Adapter = ((theCase: Case, options: CaseOptions) => Promise<Deviation>) & { readonly build?: Build };
type Build = (config: Config, init: Init, inputs: Inputs) => object;
/** How cases are run. */
export interface CaseOptions {
  readonly captured: boolean; // tensor ops as captured graphs, forward and backward
}

export type Adapters = Readonly<Record<string, Adapter>>;

type Inputs = Readonly<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any -- tensors whose rank the adapter knows
type Outputs = Readonly<Record<string, tf.Tensor | undefined>>;

interface TensorOp<M extends object> {
  /** Builds the module that the config describes. */
  readonly build: (config: Config, init: Init, inputs: Inputs) => M;
  /** Calls it. A single tensor is the output of that name that the case lists. */
  readonly call: (module: M, inputs: Inputs, mode: Mode, config: Config) => tf.Tensor | Outputs;
  /** Layouts that differ from the rule (rank 4 is an image): by the name of the input or output. */
  readonly layouts?: (config: Config) => Readonly<Record<string, Layout>>;
}

/** A module whose parameters, outputs, gradients and updated buffers are compared. */
export function moduleCase<M extends object>({ build, call, layouts }: TensorOp<M>): Adapter {
  const adapter = async (theCase: Case, { captured }: CaseOptions): Promise<Deviation> => {
    const { config, tensors } = theCase;
    const special = layouts?.(config) ?? {};
    const layoutOf = (name: string, shape: readonly number[]): Layout => special[name] ?? defaultLayout(shape);
    const owned: tf.Tensor[] = [];
    const inputs: Record<string, tf.Tensor> = {};
    let module: M | undefined;
    let run: Captured<NamedTensors, NamedTensors> | undefined;
    try {
      for (const [name, host] of tensorsOf(theCase, 'input:')) owned.push((inputs[name] = toTensor(host, layoutOf(name, host.shape))));
      const built = (module = build(config, torchInit(new Random(0)), inputs));
      loadStateDict(built, new Map([...tensorsOf(theCase, 'param:'), ...tensorsOf(theCase, 'buffer:')]));
      const variables = parameters(built);
      const differentiated = Object.keys(inputs).filter((name) => tensors.has(`grad:input:${name}`));
      let statistics: tf.Variable[] = [];

      run = capture(
        (given) => {
          const pass = theCase.mode === 'train' ? new TrainPass(0) : undefined;
          const sources = [...differentiated.map((name) => given[name]), ...variables.values()];
          let outputs: Outputs = {};
          const forward = (): tf.Scalar => {
            const result = call(built, given, pass ?? 'eval', config);
            outputs = result instanceof tf.Tensor ? { [soleOutput(theCase)]: result } : result;
            for (const output of Object.values(outputs)) if (output) tf.keep(output);
            return objective(theCase, outputs, layoutOf);
          };
          const gradients = sources.length > 0 ? tf.engine().gradients(forward, sources, undefined, true).grads : (tf.tidy(forward), []);
          statistics = [...(pass?.statistics.keys() ?? [])];
          return {
            ...named('output', Object.entries(outputs)),
            ...named('input gradient', differentiated.map((name, i) => [name, gradients[i]])),
            ...named('gradient', [...variables.keys()].map((name, i) => [name, gradients[differentiated.length + i]])),
            ...named('statistic', [...(pass?.statistics.values() ?? [])].map((value, i) => [String(i), value])),
          };
        },
        { eager: !captured },
      ); // prettier-ignore
      const results = run(inputs);
      owned.push(...Object.values(results));

      const outputs = Object.fromEntries(
        Object.entries(results).flatMap(([name, tensor]) => (name.startsWith('output ') ? [[name.slice(7), tensor]] : [])),
      );
      let seen = compareOutputs(theCase, outputs, layoutOf);
      for (const name of differentiated) {
        const want = tensors.get(`grad:input:${name}`) as HostTensor;
        seen = worst(
          seen,
          compareGradient(`grad of ${name}`, results[`input gradient ${name}`], want, layoutOf(name, want.shape), theCase),
        );
      }
      for (const [name, want] of tensorsOf(theCase, 'grad:param:')) {
        seen = worst(
          seen,
          compareTensors(`grad of ${name}`, inTorchLayout(built, name, results[`gradient ${name}`], want), want, theCase.tolerance),
        );
      }
      statistics.forEach((variable, i) => variable.assign(results[`statistic ${i}`] as tf.Tensor<tf.Rank>));
      const state = stateDict(built);
      for (const [name, want] of tensorsOf(theCase, 'update:buffer:')) {
        const got = state.get(name);
        if (!got) throw new Mismatch(`no buffer ${name}; there are ${[...buffers(built).keys()].join(', ')}`);
        seen = worst(seen, compareTensors(`buffer ${name}`, got, want, theCase.tolerance));
      }
      return seen;
    } finally {
      run?.dispose();
      if (module) disposeModule(module);
      tf.dispose(owned);
    }
  };
  return Object.assign(adapter, { build });
}

/** `kind name` -> tensor, for those that are there. */
const named = (kind: string, tensors: readonly (readonly [string, tf.Tensor | null | undefined])[]): NamedTensors =>
  Object.fromEntries(tensors.flatMap(([name, tensor]) => (tensor ? [[`${kind} ${name}`, tensor]] : [])));

/** A function of tensors, without parameters. */
export function functionCase(
  call: (inputs: Inputs, config: Config, mode: Mode) => tf.Tensor | Outputs,
  layouts?: TensorOp<object>['layouts'],
): Adapter {
  return moduleCase({ build: () => ({}), call: (_module, inputs, mode, config) => call(inputs, config, mode), layouts });
}

/** What a host op gives back: numbers and JSON under the names of `outputs`, arrays under those of `output:`. */
export type HostOutputs = Readonly<Record<string, unknown>>;

/** A function of the host (files, labels, metrics): gets the case, returns its outputs by name in the case's own layout. */
export function hostCase(call: (theCase: Case, inputs: ReadonlyMap<string, HostTensor>) => HostOutputs | Promise<HostOutputs>): Adapter {
  return async (theCase) => {
    const got = await call(theCase, tensorsOf(theCase, 'input:'));
    let seen = exact;
    for (const [name, want] of Object.entries(theCase.outputs)) seen = worst(seen, compareJson(name, got[name], want, theCase.tolerance));
    for (const [name, want] of tensorsOf(theCase, 'output:')) {
      const value = got[name] as { shape: readonly number[]; data: ArrayLike<number> } | ArrayLike<number> | undefined;
      if (value === undefined) throw new Mismatch(`no output ${name}; there are ${Object.keys(got).join(', ')}`);
      seen = worst(seen, compareTensors(name, 'data' in value ? value : { shape: want.shape, data: value }, want, theCase.tolerance));
    }
    return seen;
  };
}

function soleOutput(theCase: Case): string {
  const names = [...tensorsOf(theCase, 'output:').keys(), ...Object.keys(theCase.outputs)];
  if (names.length !== 1) throw new Mismatch(`the case lists ${names.join(', ')}, the adapter returns one unnamed tensor`);
  return names[0];
}

type LayoutOf = (name: string, shape: readonly number[]) => Layout;

/** L = sum over outputs of sum(output * cotangent); where a case has no cotangent, its `total` or `loss`. */
function objective(theCase: Case, outputs: Outputs, layoutOf: LayoutOf): tf.Scalar {
  const terms = [...tensorsOf(theCase, 'cotangent:')].map(([name, host]) => {
    const output = outputs[name];
    if (!output) throw new Mismatch(`no output ${name}; there are ${Object.keys(outputs).join(', ')}`);
    return tf.sum(tf.mul(output, tf.reshape(toTensor(host, layoutOf(name, host.shape)), output.shape)));
  });
  const loss = outputs.total ?? outputs.loss;
  if (terms.length > 0) return tf.addN(terms) as tf.Scalar;
  return loss ? tf.sum<tf.Scalar>(loss) : tf.scalar(0);
}

function compareOutputs(theCase: Case, outputs: Outputs, layoutOf: LayoutOf): Deviation {
  let seen = exact;
  for (const [name, want] of tensorsOf(theCase, 'output:')) {
    const got = outputs[name];
    if (!got) throw new Mismatch(`no output ${name}; there are ${Object.keys(outputs).join(', ')}`);
    seen = worst(seen, compareTensors(name, toHost(got, layoutOf(name, want.shape)), want, theCase.tolerance));
  }
  for (const [name, want] of Object.entries(theCase.outputs)) {
    seen = worst(seen, compareJson(name, outputs[name]?.dataSync()[0], want, theCase.tolerance));
  }
  return seen;
}

function compareGradient(label: string, got: tf.Tensor | null | undefined, want: HostTensor, layout: Layout, theCase: Case): Deviation {
  const values = got ? toHost(got, layout) : { shape: want.shape, data: new Float32Array(want.data.length) };
  return compareTensors(label, values, want, theCase.tolerance);
}

/** A parameter's gradient in PyTorch's layout: put in the parameter's place, the state dict turns it round. */
function inTorchLayout(
  module: object,
  name: string,
  grad: tf.Tensor | null | undefined,
  want: HostTensor,
): { shape: readonly number[]; data: ArrayLike<number> } {
  const variable = parameters(module).get(name);
  if (!variable) throw new Mismatch(`no parameter ${name}; there are ${[...parameters(module).keys()].join(', ')}`);
  if (!grad) return { shape: want.shape, data: new Float32Array(want.data.length) };
  const before = tf.clone(variable as tf.Tensor);
  variable.assign(grad as tf.Tensor<tf.Rank>);
  const turned = stateDict(module).get(name) as HostTensor;
  variable.assign(before as tf.Tensor<tf.Rank>);
  before.dispose();
  return turned as { shape: readonly number[]; data: ArrayLike<number> };
}
