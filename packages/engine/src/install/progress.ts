/** Says what an installation is doing. A step has a name and, where it is known, how much of it is done. */
export interface Progress {
  start(step: string): void;
  update(fraction: number): void; // 0..1 of the step
  done(): void;
}

export const silentProgress: Progress = { start: () => undefined, update: () => undefined, done: () => undefined };

/** One line a step; on a terminal that line is drawn again as the step goes on. */
export function streamProgress(stream: NodeJS.WriteStream): Progress {
  let step = '';
  let startedAt = 0;
  let drawn = '';
  const draw = (text: string): void => {
    if (text === drawn) return;
    drawn = text;
    stream.write(`\r\u001b[K${text}`);
  };
  return {
    start(name) {
      [step, startedAt] = [name, Date.now()];
      if (stream.isTTY) draw(`${step} ...`);
      else stream.write(`${step}\n`);
    },
    update(fraction) {
      const tenths = Math.round(Math.min(1, fraction) * 20);
      const percent = `${Math.floor(Math.min(1, fraction) * 100)}`.padStart(3);
      if (stream.isTTY) draw(`${step} [${'#'.repeat(tenths)}${' '.repeat(20 - tenths)}] ${percent} %`);
    },
    done() {
      if (!stream.isTTY) return;
      draw(`${step}: ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
      stream.write('\n');
      drawn = '';
    },
  };
}
