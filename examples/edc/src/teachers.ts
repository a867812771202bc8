import { disposeModule } from '@rs/nn';
import type { BaselineSegmenter } from './baselines.js';
import type { Segmenter } from './network.js';
import type { Place } from './place.js';
import { ownTeacherOf, teacherOf, teacherRow, type Row } from './rows.js';
import { finishedModel, finishedRow, type RunResult } from './runs.js';
import { TeacherFeatures } from './teacher-features.js';

/**
 * The teachers of rows and seeds: one for all (of EDC's fusion and the first seed; spec/synthetic-world.md, section 5), or each its own (the paper,
 * spec/edc.md, section 8); another method's is of its own network. One is in memory at a time.
 */
export class Teachers {
  readonly #runs = new Map<string, RunResult>();
  #alive?: { readonly key: string; readonly model: Segmenter; readonly features: TeacherFeatures };

  /** @param first the place of the first seed */
  constructor(private readonly first: Place) {}

  /** Trained so far, or taken as finished. */
  get runs(): RunResult[] {
    return [...this.#runs.values()];
  }

  /** Trains the teacher of a row and seed where it is not yet finished; gives what loads it. */
  async prepare(place: Place, row: Row | BaselineSegmenter): Promise<() => Promise<TeacherFeatures>> {
    const one = this.first.config.training.teachers === 'one';
    const home = one ? this.first : place;
    const teacher = 'dchf' in row ? (one ? teacherRow : teacherOf(row)) : ownTeacherOf(row);
    const key = `${teacher.label}/${home.seed}`;
    if (!this.#runs.has(key)) this.#runs.set(key, await finishedRow(home, teacher));
    return () => this.load(key, home, teacher);
  }

  dispose(): void {
    this.#alive?.features.dispose();
    if (this.#alive) disposeModule(this.#alive.model);
    this.#alive = undefined;
  }

  private async load(key: string, home: Place, teacher: Row | BaselineSegmenter): Promise<TeacherFeatures> {
    if (this.#alive?.key !== key) {
      this.dispose();
      const model = await finishedModel(home, teacher);
      this.#alive = { key, model, features: new TeacherFeatures(model, home.config.data.dataset === 'synthetic', home) };
    }
    return this.#alive.features;
  }
}
