import { classCounts } from './class-scores.js';
import { readConfusion } from './confusion-matrix.js';
import type { HostArray } from './host-array.js';
import { checkMeanOptions, meanIoUOf } from './mean-scores.js';

export interface GroupedMeanIoUInput<Group extends string> {
  readonly confusion: HostArray; // [C,C], all classes
  readonly groups: Readonly<Record<Group, readonly number[]>>; // class ids by the name of their group
}

/**
 * Mean IoU of each group of classes and of all classes, each computed on the full matrix: a pixel lost to a class of another group
 * still counts. Classes in neither map are left out; a group without any pixel is NaN. MM-OVSeg Tab. A3 (seen, unseen).
 *
 * @throws RangeError when a group holds a class that the matrix does not
 */
export function groupedMeanIoU<Group extends string>({ confusion, groups }: GroupedMeanIoUInput<Group>): Record<Group | 'all', number> {
  const matrix = readConfusion('groupedMeanIoU', confusion);
  const counts = classCounts(matrix);
  const scores: Record<string, number> = { all: meanIoUOf(counts, {}) };
  for (const [group, meanClasses] of Object.entries<readonly number[]>(groups)) {
    if (group === 'all') throw new RangeError('groupedMeanIoU: groups must not be named "all", which stands for every class');
    checkMeanOptions(`groupedMeanIoU: ${group}`, { meanClasses }, matrix.shape[0]);
    scores[group] = meanIoUOf(counts, { meanClasses });
  }
  return scores as Record<Group | 'all', number>;
}
