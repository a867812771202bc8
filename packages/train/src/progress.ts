import type { Writable } from 'node:stream';
import { SingleBar } from 'cli-progress';

/** Where the run stands after a step. */
export interface ProgressFacts {
  readonly step: number;
  readonly loss: number;
  readonly samples: number; // seen since this process began
}

export interface ProgressConfig {
  readonly label: string;
  readonly steps: number;
  readonly start: number; // the step at which this process begins
  readonly quiet: boolean;
  readonly stream?: Writable & { readonly isTTY?: boolean }; // default: stderr
}

const lines = 10; // about so many lines a run where there is no terminal,
const longestSilence = 60_000; // ms, but no longer silence than this

/** Shows how a run goes on: a bar on a terminal, a line now and then elsewhere, nothing when quiet. */
export class Progress {
  private began = performance.now();
  private first: Pick<ProgressFacts, 'step' | 'samples'>; // where the clock started
  private readonly stream: NonNullable<ProgressConfig['stream']>;
  private readonly bar: SingleBar | undefined;
  private lastLine = this.began;

  constructor(private readonly config: ProgressConfig) {
    const { label, steps, start, quiet, stream = process.stderr } = config;
    this.first = { step: start, samples: 0 };
    this.stream = stream;
    if (quiet || !stream.isTTY) return;
    const format = `${label} {bar} {value}/{total} | loss {loss} | {speed} samples/s | {left} left`;
    this.bar = new SingleBar({ format, stream: stream as NodeJS.WriteStream, hideCursor: true });
    this.bar.start(steps, start, { loss: '-', speed: '-', left: '-' });
  }

  update({ step, loss, samples }: ProgressFacts): void {
    const { label, steps, quiet } = this.config;
    const now = performance.now();
    const seconds = Math.max(now - this.began, 1) / 1000;
    const facts = {
      loss: loss.toPrecision(4),
      speed: ((samples - this.first.samples) / seconds).toPrecision(3),
      left: clock((seconds / (step - this.first.step)) * (steps - step)),
    };
    if (this.bar) return this.bar.update(step, facts);
    const due = step === steps || step % Math.ceil(steps / lines) === 0 || now - this.lastLine > longestSilence;
    if (quiet || !due) return;
    this.lastLine = now;
    this.stream.write(`${label} ${step}/${steps} | loss ${facts.loss} | ${facts.speed} samples/s | ${facts.left} left\n`);
  }

  /** The first step of a process, which also recorded the graphs that later steps only run: told, and left out of speed and time left. */
  recorded({ step, loss, samples }: ProgressFacts): void {
    const now = performance.now();
    this.note(`the first step took ${((now - this.began) / 1000).toFixed(1)} s, for its graphs were recorded; the others run them`);
    this.bar?.update(step, { loss: loss.toPrecision(4), speed: '-', left: '-' });
    this.first = { step, samples };
    this.began = now;
  }

  /** A message between the progress. */
  note(message: string): void {
    if (this.config.quiet) return;
    if (this.bar) this.stream.write('\r\x1b[K'); // the bar is drawn again below
    this.stream.write(`${this.config.label}: ${message}\n`);
  }

  stop(): void {
    this.bar?.stop();
  }
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const minutes = `${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
  return whole < 3600 ? minutes : `${Math.floor(whole / 3600)}:${minutes}`;
}
