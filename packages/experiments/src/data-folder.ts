import type { ReproduceOptions } from './command-line.js';
import { UsageError } from './exit-codes.js';

type Asked = Pick<ReproduceOptions<{ readonly name: string }>, 'config' | 'dataRoot'>;

/** The folder of a config that is for files. @throws UsageError where --data was not given, naming the layout that it needs */
export function dataFolder({ config: { name }, dataRoot }: Asked, layout: string): string {
  if (dataRoot === undefined) throw new UsageError(`config ${name} needs --data, a folder in the layout of ${layout}`);
  return dataRoot;
}

/** For a config that is for the synthetic world. @throws UsageError where --data was given all the same */
export function refuseData({ config: { name }, dataRoot }: Asked): void {
  if (dataRoot !== undefined) throw new UsageError(`--data is given, but config ${name} is for the synthetic world; leave one of both out`);
}
