import pc from 'picocolors';

/** Messages for a person, on stderr; stdout is for results. */
export interface Reporter {
  /** Says what begins now. */
  stage(text: string): void;
  /** One line that replaces itself on a terminal and is printed rarely elsewhere. */
  progress(done: number, total: number, text: string): void;
  note(text: string): void;
}

export function terminalReporter({ quiet }: { quiet: boolean }): Reporter {
  const { stderr } = process;
  let open = false; // a progress line that has not been ended
  let printed = 0;
  const end = (): void => {
    if (open) stderr.write('\n');
    open = false;
    printed = 0;
  };
  if (quiet) return { stage() {}, progress() {}, note() {} };
  return {
    stage(text) {
      end();
      stderr.write(`${pc.bold(text)}\n`);
    },
    progress(done, total, text) {
      const line = `  ${done}/${total} ${text}`;
      if (stderr.isTTY) {
        stderr.write(`\r\x1b[2K${line}`);
        open = true;
        if (done === total) end();
      } else if (done === total || done / total >= printed + 0.25) {
        printed = done / total;
        stderr.write(`${line}\n`);
        if (done === total) printed = 0;
      }
    },
    note(text) {
      end();
      stderr.write(`  ${text}\n`);
    },
  };
}
