import path from 'node:path';
import { keptFigures, runFolder, type FinishedRun } from '@rs/experiments';
import { publishedClasses, publishedSetting } from '../build-model.js';
import type { Evaluation } from '../evaluate.js';
import type { EDC } from '../model.js';
import type { Row } from '../rows.js';
import { withFinishedModel, type RunPlace, type RunResult } from '../runs.js';
import { attentionCosts, countedSides, timedSides, type AttentionCost } from './carrier-tokens.js';
import { measureComplexity, type Complexity } from './complexity.js';
import { measureGates, type GateStudy } from './gates.js';
import { measureRepresentation, type Representation } from './representation.js';
import { tileBatches } from './tiles.js';

/** A study of a row, one a seed. */
export type OverSeeds<T> = readonly { readonly seed: number; readonly study: T }[];

/** The figures of a run, those of its studies included. */
export type Studied = Evaluation & { readonly representation?: Representation; readonly gates?: GateStudy };

/** What is measured beside the scores, when a table or figure asks for it: of trained networks, or of the machine. Kept in the run's folder. */
export class Studies {
  readonly #found = new Map<string, { representation?: Representation; gates?: GateStudy }>(); // by the folder of the run

  constructor(private readonly places: readonly RunPlace[]) {}

  /** The runs with what was studied of them so far. */
  studied(runs: readonly RunResult[]): FinishedRun<Studied>[] {
    const [{ folder }] = this.places;
    return runs.map((run) => ({ ...run, evaluation: { ...run.evaluation, ...this.#found.get(runFolder(folder, run.label, run.seed)) } }));
  }

  representation(row: Row): Promise<OverSeeds<Representation>> {
    return this.ofEachSeed(row, 'representation', (model, place) => measureRepresentation(model, this.tiles(place)));
  }

  /** @param row with a spatial gate */
  gates(row: Row): Promise<OverSeeds<GateStudy>> {
    return this.ofEachSeed(row, 'gates', (model, place) => measureGates(model, this.tiles(place)));
  }

  /** Of the network at the paper's size, 160x160 inputs, or at that of the config. */
  complexity(row: Row, size: 'published' | 'config'): Promise<Complexity> {
    const [{ config, splits, engine, eager, folder, reporter }] = this.places;
    const { dataset } = config.data;
    const [setting, numClasses, batch] =
      size === 'published' ? [publishedSetting(dataset), publishedClasses(dataset), 4] : [config, splits.classes.length, 32];
    const file = path.join(path.dirname(runFolder(folder, row.label, 0)), `complexity-${size}.json`);
    return keptFigures(file, async () => {
      reporter.note(`timing ${row.label}, ${size === 'published' ? "the paper's size" : `the size of ${config.name}`}`);
      return measureComplexity(row, { setting, numClasses, side: setting.data.crop, batch, engine, eager });
    });
  }

  attentionCosts(): Promise<readonly AttentionCost[]> {
    const [{ folder, reporter }] = this.places;
    return keptFigures(path.join(folder, 'attention-costs.json'), async () => {
      reporter.note('timing attention with carrier tokens');
      return attentionCosts(countedSides, timedSides);
    });
  }

  private tiles({ splits, config }: RunPlace): ReturnType<typeof tileBatches> {
    return tileBatches(splits, config.data.crop, config.training.microBatch);
  }

  private async ofEachSeed<T>(row: Row, name: keyof Studied, measure: (model: EDC, place: RunPlace) => Promise<T>): Promise<OverSeeds<T>> {
    const studies: { seed: number; study: T }[] = [];
    for (const place of this.places) {
      const { seed, reporter } = place;
      const folder = runFolder(place.folder, row.label, seed);
      const study = await keptFigures(path.join(folder, `${name}.json`), async () => {
        reporter.note(`${row.label}, seed ${seed}: ${name}`);
        return withFinishedModel(place, row, (model) => measure(model, place));
      });
      this.#found.set(folder, { ...this.#found.get(folder), [name]: study });
      studies.push({ seed, study });
    }
    return studies;
  }
}
