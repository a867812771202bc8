import type { LoadedSample } from './load-sample.js';
import { toTensors, type SampleTensors } from './to-tensors.js';

export interface BatchOptions<S extends { readonly id: string }> {
  readonly samples: readonly S[];
  /** Reads one sample, and crops or augments it; called for several samples at a time. */
  readonly load: (sample: S) => Promise<LoadedSample>;
  readonly batchSize: number;
  /** Indices into `samples`, in the order in which they are wanted: a shuffled epoch, or what is left of one. Default: all, as they come. */
  readonly order?: readonly number[];
  readonly prefetch?: number; // batches that are loaded ahead of the one in use; default 2
  readonly concurrency?: number; // samples that are read at a time; default 8
  readonly dropLast?: boolean; // leave out a last batch that is not full; default false
}

export type Batch = SampleTensors & {
  readonly ids: string[];
  readonly indices: number[]; // into `samples`
};

/**
 * Batches in the given order. While one is in use the next ones are read, so that training does not wait for the disk. The caller owns each
 * batch (`tf.dispose(batch)`); whoever stops early leaves no tensor and no reading behind.
 *
 * @throws Error naming the sample that cannot be loaded, when its batch is due
 */
export async function* batches<S extends { readonly id: string }>(options: BatchOptions<S>): AsyncGenerator<Batch, void, undefined> {
  const { samples, load, batchSize, order = samples.map((_, i) => i), prefetch = 2, concurrency = 8, dropLast = false } = options;
  for (const [name, value, least] of [['batchSize', batchSize, 1], ['prefetch', prefetch, 0], ['concurrency', concurrency, 1]] as const) {
    if (!Number.isInteger(value) || value < least) throw new RangeError(`batches: ${name} must be an integer of at least ${least}, got ${value}`);
  } // prettier-ignore
  const wrong = order.find((index) => samples[index] === undefined);
  if (wrong !== undefined) throw new RangeError(`batches: order holds ${wrong}, there are ${samples.length} samples`);
  const count = dropLast ? order.length - (order.length % batchSize) : order.length;
  const chunks = Array.from({ length: Math.ceil(count / batchSize) }, (_, i) =>
    order.slice(i * batchSize, Math.min(count, (i + 1) * batchSize)),
  );

  const gate = new Gate(concurrency);
  const loadOne = (index: number): Promise<LoadedSample> => {
    const sample = samples[index];
    return gate.run(async () => {
      try {
        return await load(sample);
      } catch (error) {
        throw new Error(`sample ${sample.id} could not be loaded: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    });
  };
  const ahead: Promise<LoadedSample[]>[] = [];
  const start = (chunk: readonly number[]): void => {
    const batch = Promise.all(chunk.map(loadOne));
    batch.catch(() => {}); // a failure is told when the batch is due
    ahead.push(batch);
  };
  try {
    chunks.slice(0, prefetch).forEach(start);
    for (const [i, indices] of chunks.entries()) {
      if (i + prefetch < chunks.length) start(chunks[i + prefetch]);
      const loaded = await (ahead.shift() as Promise<LoadedSample[]>);
      yield { ids: loaded.map(({ id }) => id), indices: [...indices], ...toTensors(loaded) };
    }
  } finally {
    gate.close();
  }
}

/** Lets at most `places` tasks run at a time; once closed, those still waiting never start. */
class Gate {
  private readonly waiting: (() => void)[] = [];
  private closed = false;

  constructor(private places: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.places > 0) this.places--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      if (this.closed) throw new Error('no more samples are wanted');
      return await task();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.places++;
    }
  }

  close(): void {
    this.closed = true;
  }
}
