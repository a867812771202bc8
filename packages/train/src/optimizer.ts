import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';
import type { HostTensor } from '@rs/weights';
import { cut, laid, partition, type Bucket, type Lane } from './bucket.js';
import { eagerly, type Capture, type CapturedFunction, type NamedTensors } from './capture.js';
import type { UpdateRule } from './update-rule.js';

/** Parameters that are trained in another way than the rest. The first group that matches counts. */
export interface ParameterGroup {
  readonly match: RegExp | ((name: string) => boolean);
  readonly learningRate?: number; // times the rate of the step; default 1
  readonly weightDecay?: number; // instead of the rule's
}

export interface OptimizerOptions {
  readonly groups?: readonly ParameterGroup[];
  readonly capture?: Capture; // `capture` of @rs/engine: updates run as graphs; default: op by op
}

/** Applies an update rule to named parameters and keeps what the rule needs from step to step. Dispose it after use. */
export class Optimizer {
  private readonly groupOf = new Map<string, ParameterGroup | undefined>();
  private readonly steps = new Map<string, number>(); // updates so far of each parameter that had any
  private buckets: Bucket[] = [];
  private readonly groups: readonly ParameterGroup[];
  private readonly capture: Capture;
  private readonly updates = new Map<string, CapturedFunction>(); // by the shapes of a bucket

  constructor(
    readonly rule: UpdateRule,
    readonly parameters: ReadonlyMap<string, tf.Variable>,
    { groups = [], capture = eagerly }: OptimizerOptions = {},
  ) {
    this.groups = groups;
    this.capture = capture;
    const names = [...parameters.keys()];
    for (const { match } of groups) {
      if (!names.some((name) => matches(match, name))) throw new RangeError(`Optimizer: no parameter matches the group ${match}`);
    }
    for (const name of names)
      this.groupOf.set(
        name,
        groups.find(({ match }) => matches(match, name)),
      );
  }

  /**
   * Moves each parameter that has a gradient. One without is passed over, and so is its count of steps, as in PyTorch.
   *
   * @param gradients by the parameters' names
   * @throws RangeError for a gradient of no parameter, or of another shape; nothing has moved then
   */
  step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): void {
    for (const [name, gradient] of gradients) {
      const shape = this.parameters.get(name)?.shape;
      if (!shape) throw new RangeError(`Optimizer: a gradient of ${name}, which is no parameter`);
      if (!tf.util.arraysEqual(shape, gradient.shape)) {
        throw new RangeError(`Optimizer: the gradient of ${name} has the shape [${gradient.shape}], the parameter [${shape}]`);
      }
    }
    for (const name of gradients.keys()) if (!this.steps.has(name)) this.steps.set(name, 0);
    this.regroup((name) => gradients.has(name));
    this.buckets = this.buckets.map((bucket) => (gradients.has(bucket[0].names[0]) ? this.move(bucket, gradients, learningRate) : bucket));
  }

  /** What a checkpoint has to keep: `step/<parameter>` and `<slot>/<parameter>`. */
  state(): Map<string, HostTensor> {
    const state = new Map<string, HostTensor>();
    for (const { names, slots } of this.buckets.flat()) {
      for (const name of names) state.set(`step/${name}`, { shape: [], data: Float64Array.of(this.steps.get(name) ?? 0) });
      slots.forEach((slot, i) => {
        const values = slot.dataSync<'float32'>();
        let start = 0;
        for (const name of names) {
          const { shape, size } = this.variable(name);
          state.set(`${this.rule.slots[i]}/${name}`, { shape, data: values.slice(start, start + size) });
          start += size;
        }
      });
    }
    return state;
  }

  /**
   * Takes over the state that `state` returned.
   *
   * @throws RangeError for a name or shape that does not fit; nothing has changed then
   */
  loadState(state: ReadonlyMap<string, HostTensor>): void {
    const names = [...state.keys()].filter((key) => key.startsWith('step/')).map((key) => key.slice('step/'.length));
    for (const name of names) {
      const shape = this.parameters.get(name)?.shape;
      if (!shape) throw new RangeError(`Optimizer: state of ${name}, which is no parameter`);
      for (const slot of this.rule.slots) {
        const got = state.get(`${slot}/${name}`)?.shape;
        if (!got || !tf.util.arraysEqual([...got], shape)) {
          throw new RangeError(`Optimizer: ${slot} of ${name} must have the shape [${shape}], got ${got ? `[${got}]` : 'none'}`);
        }
      }
    }
    const extra = state.size - names.length * (1 + this.rule.slots.length);
    if (extra !== 0) throw new RangeError(`Optimizer: ${extra} entries of the state belong to another rule than ${this.rule.name}`);
    this.dispose();
    for (const name of names) {
      this.steps.set(name, Number(state.get(`step/${name}`)?.data[0]));
      const slots = this.rule.slots.map((slot) => tf.keep(tf.tensor1d(state.get(`${slot}/${name}`)?.data as Float32Array, 'float32')));
      this.buckets.push([{ names: [name], slots }]); // joined at the next step
    }
  }

  dispose(): void {
    for (const { slots } of this.buckets.flat()) tf.dispose([...slots]);
    this.buckets = [];
    this.steps.clear();
    for (const update of this.updates.values()) update.dispose();
    this.updates.clear();
  }

  private variable(name: string): tf.Variable {
    return this.parameters.get(name) as tf.Variable;
  }

  /** Makes the buckets those of this step: the same group, the same count of updates, all moved or none. */
  private regroup(moves: (name: string) => boolean): void {
    const order = [...this.parameters.keys()].filter((name) => this.steps.has(name));
    const keyOf = (name: string): string => [this.groups.indexOf(this.groupOf.get(name)!), this.steps.get(name), moves(name)].join();
    const parts = partition(order, keyOf, (name) => this.variable(name).size);
    if (JSON.stringify(parts) === JSON.stringify(this.buckets.map((bucket) => bucket.map(({ names }) => names)))) return;
    const before = this.buckets.flat();
    const pieces = new Map<string, tf.Tensor[]>(); // the slots of each parameter
    tf.tidy(() => {
      for (const { names, slots } of before) {
        const sizes = names.map((name) => [this.variable(name).size]);
        const cuts = slots.map((slot) => cut(slot, sizes));
        names.forEach((name, i) =>
          pieces.set(
            name,
            cuts.map((all) => all[i]),
          ),
        );
      }
      const slotOf = (name: string, i: number): tf.Tensor => pieces.get(name)?.[i] ?? tf.zeros([this.variable(name).size]);
      const lane = (names: string[]): Lane => ({
        names,
        slots: this.rule.slots.map((_, i) => tf.keep(laid(names.map((name) => slotOf(name, i))))),
      });
      this.buckets = parts.map((bucket) => bucket.map(lane));
    });
    for (const { slots } of before) tf.dispose([...slots]);
  }

  private move(bucket: Bucket, gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): Bucket {
    const names = bucket.flatMap((lane) => lane.names);
    const group = this.groupOf.get(names[0]);
    const step = (this.steps.get(names[0]) ?? 0) + 1;
    const facts = {
      learningRate: learningRate * (group?.learningRate ?? 1),
      weightDecay: group?.weightDecay ?? this.rule.weightDecay,
      step,
    };
    const coefficients = this.rule.coefficients(facts).map((value) => tf.scalar(value));
    const inputs: Record<string, tf.Tensor> = { ...numbering('coefficient', coefficients) };
    for (const [i, lane] of bucket.entries())
      Object.assign(
        inputs,
        numbering(`slot/${i}`, lane.slots),
        numbering(
          `parameter/${i}`,
          lane.names.map((name) => this.variable(name)),
        ),
        numbering(
          `gradient/${i}`,
          lane.names.map((name) => gradients.get(name) as tf.Tensor),
        ),
      );
    const moved = this.updateOf(bucket)(inputs);
    for (const [i, lane] of bucket.entries()) {
      for (const [j, value] of numbered(`parameter/${i}`, moved).entries()) {
        this.variable(lane.names[j]).assign(value as tf.Tensor<tf.Rank>);
        value.dispose();
      }
    }
    for (const name of names) this.steps.set(name, step);
    tf.dispose([...coefficients, ...bucket.flatMap(({ slots }) => slots)]);
    return bucket.map((lane, i) => ({
      names: lane.names,
      slots: numbered(`slot/${i}`, moved).map((slot) => tf.keep(slot) as tf.Tensor1D),
    }));
  }

  /** New parameters and slots of a bucket from coefficients, slots, parameters and gradients; one function for all buckets of the same shapes. */
  private updateOf(bucket: Bucket): CapturedFunction {
    const shapes = bucket.map(({ names }) => names.map((name) => this.variable(name).shape));
    const key = JSON.stringify(shapes);
    const known = this.updates.get(key);
    if (known) return known;
    const update = this.capture((inputs) =>
      tf.tidy(() => {
        const coefficients = numbered('coefficient', inputs) as tf.Scalar[];
        const results: Record<string, tf.Tensor> = {};
        for (const [i, ofLane] of shapes.entries()) {
          const [parameter, gradient] = ['parameter', 'gradient'].map((name) => laid(numbered(`${name}/${i}`, inputs)));
          const slots = numbered(`slot/${i}`, inputs);
          const [moved, ...movedSlots] = fused([parameter, gradient, ...slots, ...coefficients], () => {
            const updated = this.rule.update(parameter, gradient, slots, coefficients);
            return [updated.parameter, ...updated.slots];
          });
          Object.assign(results, numbering(`parameter/${i}`, cut(moved, ofLane)), numbering(`slot/${i}`, movedSlots));
        }
        return results;
      }),
    );
    this.updates.set(key, update);
    return update;
  }
}

/** As `name/0`, `name/1`, ... */
const numbering = (name: string, tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> =>
  Object.fromEntries(tensors.map((tensor, i) => [`${name}/${i}`, tensor]));

/** `name/0`, `name/1`, ... in order. */
function numbered(name: string, tensors: NamedTensors): tf.Tensor[] {
  const found: tf.Tensor[] = [];
  for (let next = tensors[`${name}/0`]; next; next = tensors[`${name}/${found.length}`]) found.push(next);
  return found;
}

function matches(match: ParameterGroup['match'], name: string): boolean {
  return typeof match === 'function' ? match(name) : name.search(match) >= 0; // search ignores the state of a global RegExp
}
