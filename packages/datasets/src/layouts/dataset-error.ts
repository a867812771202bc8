/** A data set on disk that is not what it should be: every problem found, in one error. */
export class DatasetError extends Error {
  readonly root: string;
  readonly problems: readonly string[];

  constructor(root: string, problems: readonly string[]) {
    super(
      problems.length === 1
        ? `${root}: ${problems[0]}`
        : `${root}: ${problems.length} problems\n${problems.map((p) => `  ${p}`).join('\n')}`,
    );
    this.name = 'DatasetError';
    this.root = root;
    this.problems = problems;
  }
}
