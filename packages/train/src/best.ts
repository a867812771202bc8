import path from 'node:path';
import { openSafetensors, writeSafetensors, type HostTensor } from '@rs/weights';

/** What an evaluation says of the model as it is. */
export interface Evaluation {
  readonly score: number; // the higher the better
  readonly metrics?: Readonly<Record<string, number>>; // anything else worth a curve
}

export interface EvaluationAt extends Evaluation {
  readonly step: number;
}

/** As JSON, in which NaN (the score of an absent class) has no number. */
export interface SavedEvaluation {
  readonly step: number;
  readonly score: string;
  readonly metrics: Readonly<Record<string, string>> | null;
}

export const saveEvaluation = ({ step, score, metrics }: EvaluationAt): SavedEvaluation => ({
  step,
  score: String(score),
  metrics: metrics ? Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, String(value)])) : null,
});

export function loadEvaluation({ step, score, metrics }: SavedEvaluation): EvaluationAt {
  const numbers = metrics && Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number(value)]));
  return { step, score: Number(score), ...(numbers ? { metrics: numbers } : {}) };
}

/** The best evaluation so far, and the weights it was made with (a state dict in PyTorch's layout). */
export interface Best extends EvaluationAt {
  readonly weights: ReadonlyMap<string, HostTensor>;
}

/** Writes `best.safetensors`: a plain state dict. */
export async function saveBest(folder: string, { step, score, weights }: Best): Promise<void> {
  await writeSafetensors(
    fileIn(folder),
    weights,
    new Map([
      ['step', String(step)],
      ['score', String(score)],
    ]),
  );
}

/** The weights of the best evaluation; undefined when the file is gone or of another step. */
export async function loadBest(folder: string, evaluation: EvaluationAt): Promise<Best | undefined> {
  const opened = await openSafetensors(fileIn(folder)).catch(() => undefined);
  if (!opened) return undefined;
  try {
    if (opened.metadata.get('step') !== String(evaluation.step)) return undefined;
    const weights = new Map<string, HostTensor>();
    for (const name of opened.tensors.keys()) {
      const { shape, data } = await opened.read(name);
      weights.set(name, { shape, data });
    }
    return { ...evaluation, weights };
  } finally {
    await opened.close();
  }
}

const fileIn = (folder: string): string => path.join(folder, 'best.safetensors');
