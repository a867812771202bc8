import { InstallError } from './install-error.js';
import { runCommand } from './run-command.js';

/** A program that was found, and the version it gave. */
export interface Tool {
  readonly command: string;
  readonly args: readonly string[]; // before any other
  readonly version: string;
}

/** pip of the first Python 3 on PATH that has one. @throws InstallError that says how to get one */
export async function findPip(): Promise<Tool> {
  let python: string | undefined;
  for (const command of ['python3', 'python']) {
    const { status, stdout } = await runCommand(command, ['-m', 'pip', '--version']);
    const [, version, major] = /^pip (\S+) .*\(python (\d+)/.exec(stdout) ?? [];
    if (status === 0 && version && major === '3') return { command, args: ['-m', 'pip'], version };
    if ((await runCommand(command, ['--version'])).status === 0) python ??= command;
  }
  throw new InstallError(
    python
      ? `${python} has no pip, which downloads TensorFlow: install it (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip)`
      : 'Python 3 is not on PATH, whose pip downloads TensorFlow: install it (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip)',
  );
}

/** A C++17 compiler: CXX, else g++, c++ or clang++. @throws InstallError that says how to get one */
export async function findCompiler(): Promise<Tool> {
  const commands = [...(process.env.CXX ? [process.env.CXX] : []), 'g++', 'c++', 'clang++'];
  for (const command of commands) {
    const { status, stdout } = await runCommand(command, ['--version']);
    if (status === 0) return { command, args: [], version: stdout.split('\n')[0].trim() };
  }
  throw new InstallError(
    `no C++ compiler (${commands.join(', ')}) is on PATH, which makes the bridge from Node to TensorFlow: install one (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++)`,
  );
}
