/** One batch: who is in it, and its tensors under any names. Whoever asked for it disposes it. */
export interface Batch {
  readonly ids: readonly string[]; // of the samples, for messages; their number counts as the batch size
}

/**
 * The batch at a position, counted from 0 over the whole run: always the same for the same position, so that a resumed run needs
 * nothing but the position. It is asked for one batch ahead.
 */
export type DataSource<B extends Batch> = (position: number) => B | Promise<B>;

/** Asks a source for one batch more than is used, so that it can load while a step runs. */
export class Prefetch<B extends Batch> {
  private pending: Promise<B> | undefined;

  constructor(
    private readonly source: DataSource<B>,
    private position: number,
    private readonly end: number, // first position that is not asked for
  ) {}

  async next(): Promise<B> {
    const batch = await (this.pending ?? this.ask());
    this.pending = this.position < this.end ? this.ask() : undefined;
    return batch;
  }

  /** The batch that was loaded ahead and will not be used, if any. */
  async rest(): Promise<B | undefined> {
    const { pending } = this;
    this.pending = undefined;
    return pending?.catch(() => undefined);
  }

  private ask(): Promise<B> {
    const position = this.position++;
    const batch = Promise.resolve().then(() => this.source(position));
    batch.catch(() => undefined); // reported by next(), should it ever be called
    return batch;
  }
}
