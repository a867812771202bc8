import path from 'node:path';
import { keptFigures, runFolder, type FinishedRun } from '@rs/experiments';
import type { Baseline, BaselineSegmenter } from '../baselines.js';
import { publishedClasses, publishedSetting } from '../build-model.js';
import type { Evaluation } from '../evaluate.js';
import type { EDC } from '../model.js';
import type { Place } from '../place.js';
import type { Row } from '../rows.js';
import { withFinishedModel, type RunResult } from '../runs.js';
import { attentionCosts, countedSides, timedSides, type AttentionCost } from './carrier-tokens.js';
import { measureComplexity, measureSize, type Complexity, type NetworkSize, type SizeOptions } from './complexity.js';
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

  constructor(private readonly places: readonly Place[]) {}

  /** The runs with what was studied of them so far. */
  studied(runs: readonly RunResult[]): FinishedRun<Studied>[] {
    const [{ folder }] = this.places;
    return runs.map((run) => ({
      ...run,
      evaluation: { ...run.evaluation, ...this.#found.get(runFolder({ folder, seed: run.seed }, run.label)) },
    }));
  }

  representation(row: Row): Promise<OverSeeds<Representation>> {
    return this.ofEachSeed(row, 'representation', (model, place) => measureRepresentation(model, this.tiles(place)));
  }

  /** @param row with a spatial gate */
  gates(row: Row): Promise<OverSeeds<GateStudy>> {
    return this.ofEachSeed(row, 'gates', (model, place) => measureGates(model, this.tiles(place)));
  }

  /** Of the network at the paper's size, 160x160 inputs, or at that of the config. */
  complexity(row: Row | BaselineSegmenter, size: 'published' | 'config'): Promise<Complexity> {
    const [{ engine, eager }] = this.places;
    const batch = size === 'published' ? 4 : 32;
    return this.ofSize(row, size, 'complexity', (options) => measureComplexity(row, { ...options, batch, engine, eager }));
  }

  /** The same without time. */
  size(baseline: Baseline, size: 'published' | 'config'): Promise<NetworkSize> {
    return this.ofSize(baseline, size, 'size', (options) => measureSize(baseline, options));
  }

  attentionCosts(): Promise<readonly AttentionCost[]> {
    const [{ folder, reporter }] = this.places;
    return keptFigures(path.join(folder, 'attention-costs.json'), async () => {
      reporter.note('timing attention with carrier tokens');
      return attentionCosts(countedSides, timedSides);
    });
  }

  private ofSize<T>(
    { label }: { readonly label: string },
    size: 'published' | 'config',
    name: 'complexity' | 'size',
    measure: (options: SizeOptions) => T,
  ): Promise<T> {
    const [place] = this.places;
    const { config, splits, reporter } = place;
    const { dataset } = config.data;
    const [setting, numClasses] =
      size === 'published' ? [publishedSetting(dataset), publishedClasses(dataset)] : [config, splits.classes.length];
    return keptFigures(path.join(path.dirname(runFolder(place, label)), `${name}-${size}.json`), () => {
      const verb = name === 'size' ? 'counting' : 'timing';
      reporter.note(`${verb} ${label}, ${size === 'published' ? "the paper's size" : `the size of ${config.name}`}`);
      return measure({ setting, numClasses, side: setting.data.crop });
    });
  }

  private tiles({ splits, config }: Place): ReturnType<typeof tileBatches> {
    return tileBatches(splits, config.data.crop, config.training.microBatch);
  }

  private async ofEachSeed<T>(row: Row, name: keyof Studied, measure: (model: EDC, place: Place) => Promise<T>): Promise<OverSeeds<T>> {
    const studies: { seed: number; study: T }[] = [];
    for (const place of this.places) {
      const { seed, reporter } = place;
      const folder = runFolder(place, row.label);
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
