import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nativeBackend, type NativeBackend } from './native-backend.js';
import { encodeSavedModel, servingTag } from './saved-model.js';
import type { NamedTensors, Trace } from './trace.js';

/** A recorded graph in a TensorFlow session. */
export class Graph {
  readonly #backend: NativeBackend = nativeBackend();
  readonly #session: number;
  readonly #feedNames: string;
  readonly #fetchNames: string;

  constructor(private readonly recorded: Trace) {
    const folder = mkdtempSync(path.join(tmpdir(), 'rs-graph-'));
    try {
      mkdirSync(path.join(folder, 'variables')); // none, but the format wants the folder
      writeFileSync(path.join(folder, 'saved_model.pb'), encodeSavedModel(recorded));
      this.#session = this.#backend.binding.loadSavedModel(folder, servingTag);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    this.#feedNames = recorded.nodes.flatMap(({ kind, name }) => (kind === 'placeholder' ? [`${name}:0`] : [])).join(',');
    this.#fetchNames = recorded.outputs.map(({ ref }) => ref).join(',');
  }

  /** The outputs by name; the caller owns them. */
  run(inputs: NamedTensors): NamedTensors {
    const fed = this.recorded.feeds.map((feed) => (typeof feed === 'string' ? inputs[feed] : feed()));
    const results = this.#backend.binding.runSavedModel(
      this.#session,
      this.#backend.getInputTensorIds(fed),
      this.#feedNames,
      this.#fetchNames,
    );
    return Object.fromEntries(this.recorded.outputs.map(({ name }, i) => [name, this.#backend.createOutputTensor(results[i])]));
  }

  dispose(): void {
    this.#backend.binding.deleteSavedModel(this.#session);
    for (const tensor of this.recorded.kept) tensor.dispose();
  }
}
