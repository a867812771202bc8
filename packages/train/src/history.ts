import type { HostTensor } from '@rs/weights';

/** One number a step, for curves: `loss`, `learningRate`, `gradientNorm` where it is clipped, and the loss's terms by name. */
export type History = Record<string, number[]>;

export function record(history: History, step: number, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    history[name] ??= new Array<number>(step).fill(NaN); // a term that appears late
    history[name].push(value);
  }
  for (const [name, column] of Object.entries(history)) if (!Object.hasOwn(values, name)) column.push(NaN);
}

export function historyTensors(history: Readonly<History>): Map<string, HostTensor> {
  return new Map(Object.entries(history).map(([name, column]) => [name, { shape: [column.length], data: Float64Array.from(column) }]));
}

export function historyOf(tensors: ReadonlyMap<string, HostTensor>): History {
  const history: History = Object.create(null);
  for (const [name, { data }] of tensors) history[name] = Array.from(data as Float64Array);
  return history;
}
