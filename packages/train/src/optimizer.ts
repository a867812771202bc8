import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '@rs/weights';
import type { UpdateRule } from './update-rule.js';

/** Parameters that are trained in another way than the rest. The first group that matches counts. */
export interface ParameterGroup {
  readonly match: RegExp | ((name: string) => boolean);
  readonly learningRate?: number; // times the rate of the step; default 1
  readonly weightDecay?: number; // instead of the rule's
}

interface Slot {
  step: number; // updates so far; a parameter without a gradient is passed over, and so is its count, as in PyTorch
  tensors: tf.Tensor[];
}

/** Applies an update rule to named parameters and keeps what the rule needs from step to step. Dispose it after use. */
export class Optimizer {
  private readonly slots = new Map<string, Slot>();

  constructor(
    readonly rule: UpdateRule,
    readonly parameters: ReadonlyMap<string, tf.Variable>,
    private readonly groups: readonly ParameterGroup[] = [],
  ) {
    for (const { match } of groups) {
      if (![...parameters.keys()].some((name) => matches(match, name)))
        throw new RangeError(`Optimizer: no parameter matches the group ${match}`);
    }
  }

  /**
   * Moves each parameter that has a gradient.
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
    const shared = new Map<string, tf.Scalar[]>(); // most parameters of a step have the same coefficients
    for (const [name, gradient] of gradients) {
      const variable = this.parameters.get(name) as tf.Variable;
      const slot = this.slotOf(name, variable);
      slot.step++;
      const coefficients = this.coefficientsOf(name, learningRate, slot.step, shared);
      const updated = tf.tidy(() => {
        const { parameter, slots } = this.rule.update(variable, gradient, slot.tensors, coefficients);
        return { parameter, slots: [...slots] };
      });
      variable.assign(updated.parameter);
      tf.dispose([updated.parameter, slot.tensors]);
      slot.tensors = updated.slots.map((tensor) => tf.keep(tensor));
    }
    tf.dispose([...shared.values()]);
  }

  /** What a checkpoint has to keep: `step/<parameter>` and `<slot>/<parameter>`. */
  state(): Map<string, HostTensor> {
    const state = new Map<string, HostTensor>();
    for (const [name, { step, tensors }] of this.slots) {
      state.set(`step/${name}`, { shape: [], data: Float64Array.of(step) });
      tensors.forEach((tensor, i) =>
        state.set(`${this.rule.slots[i]}/${name}`, { shape: tensor.shape, data: tensor.dataSync<'float32'>() }),
      );
    }
    return state;
  }

  /**
   * Takes over the state that `state` returned.
   *
   * @throws RangeError for a name or shape that does not fit; nothing has changed then
   */
  loadState(state: ReadonlyMap<string, HostTensor>): void {
    const loaded = new Map<string, { step: number; values: HostTensor[] }>();
    for (const [key, { data }] of state) {
      if (!key.startsWith('step/')) continue;
      const name = key.slice('step/'.length);
      const variable = this.parameters.get(name);
      if (!variable) throw new RangeError(`Optimizer: state of ${name}, which is no parameter`);
      const values = this.rule.slots.map((slot) => {
        const tensor = state.get(`${slot}/${name}`);
        if (!tensor || !tf.util.arraysEqual([...tensor.shape], variable.shape)) {
          throw new RangeError(
            `Optimizer: ${slot} of ${name} must have the shape [${variable.shape}], got ${tensor ? `[${tensor.shape}]` : 'none'}`,
          );
        }
        return tensor;
      });
      loaded.set(name, { step: Number(data[0]), values });
    }
    const known = loaded.size * (1 + this.rule.slots.length);
    if (state.size !== known)
      throw new RangeError(`Optimizer: ${state.size - known} entries of the state belong to another rule than ${this.rule.name}`);
    this.dispose();
    for (const [name, { step, values }] of loaded) {
      const tensors = values.map(({ data, shape }) => tf.keep(tf.tensor(data as Float32Array, [...shape], 'float32')));
      this.slots.set(name, { step, tensors });
    }
  }

  dispose(): void {
    for (const { tensors } of this.slots.values()) tf.dispose(tensors);
    this.slots.clear();
  }

  private slotOf(name: string, variable: tf.Variable): Slot {
    const known = this.slots.get(name);
    if (known) return known;
    const slot = { step: 0, tensors: this.rule.slots.map(() => tf.keep(tf.zerosLike(variable) as tf.Tensor)) };
    this.slots.set(name, slot);
    return slot;
  }

  private coefficientsOf(name: string, learningRate: number, step: number, shared: Map<string, tf.Scalar[]>): tf.Scalar[] {
    const group = this.groups.find(({ match }) => matches(match, name));
    const facts = {
      learningRate: learningRate * (group?.learningRate ?? 1),
      weightDecay: group?.weightDecay ?? this.rule.weightDecay,
      step,
    };
    const key = JSON.stringify(facts);
    const known = shared.get(key);
    if (known) return known;
    const scalars = this.rule.coefficients(facts).map((value) => tf.keep(tf.scalar(value)));
    shared.set(key, scalars);
    return scalars;
  }
}

function matches(match: ParameterGroup['match'], name: string): boolean {
  return typeof match === 'function' ? match(name) : name.search(match) >= 0; // search ignores the state of a global RegExp
}
