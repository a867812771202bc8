import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { DatasetError } from './dataset-error.js';

const maxList = 256 << 20; // bytes

/** One line of a list file. */
export interface ListLine {
  readonly number: number; // from 1
  readonly text: string; // trimmed, not empty
}

/** A data set's root: looks files up in it and collects what is wrong, so that one error can tell all. Paths are relative, with slashes. */
export class DatasetFolder {
  private readonly problems: string[] = [];
  private readonly listings = new Map<string, Promise<ReadonlySet<string>>>();

  private constructor(readonly root: string) {}

  static async open(root: string): Promise<DatasetFolder> {
    const found = await stat(root).catch(() => undefined);
    if (!found) throw new DatasetError(root, ['the root folder of the data set does not exist']);
    if (!found.isDirectory()) throw new DatasetError(root, ['the root of a data set must be a folder, found a file']);
    return new DatasetFolder(root);
  }

  report(problem: string): void {
    this.problems.push(problem);
  }

  /** Throws one error with all problems, where there are any. */
  throwProblems(): void {
    if (this.problems.length > 0) throw new DatasetError(this.root, this.problems);
  }

  /** Names in a folder, sorted; empty where the folder does not exist. */
  async names(folder: string): Promise<string[]> {
    return [...(await this.listing(folder))].sort();
  }

  async has(file: string): Promise<boolean> {
    return (await this.listing(path.posix.dirname(file))).has(path.posix.basename(file));
  }

  /** The first of the candidates that is on disk, or undefined. */
  async first(candidates: readonly string[]): Promise<string | undefined> {
    for (const candidate of candidates) if (await this.has(candidate)) return candidate;
    return undefined;
  }

  /** The first of the candidates that is on disk; reports a missing partner of `sample` where none is. */
  async need(sample: string, role: string, candidates: readonly string[]): Promise<string> {
    const found = await this.first(candidates);
    if (found === undefined) this.report(`${sample}: the ${role} file is missing, expected ${candidates.join(' or ')}`);
    return found ?? '';
  }

  /** The lines of a list file that are not empty, or undefined where the file does not exist. */
  async lines(list: string): Promise<ListLine[] | undefined> {
    const file = path.join(this.root, list);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    if (found.size > maxList) throw new DatasetError(this.root, [`the list ${list} has ${found.size} bytes, at most ${maxList} are read`]);
    const lines = (await readFile(file, 'utf8')).split(/\r?\n/);
    return lines.map((text, i) => ({ number: i + 1, text: text.trim() })).filter(({ text }) => text !== '');
  }

  /** The lines of a list that must exist. */
  async needLines(list: string): Promise<ListLine[]> {
    const lines = await this.lines(list);
    if (lines) return lines;
    throw new DatasetError(this.root, [`the list ${list} does not exist`]);
  }

  /** `entry` of a list below `folder`, or undefined (and a problem) where it leaves the root. */
  inside(folder: string, entry: string, where: string): string | undefined {
    const joined = path.posix.normalize(path.posix.join(folder, entry.replaceAll('\\', '/')));
    const outside = path.posix.isAbsolute(entry) || /^[a-zA-Z]:/.test(entry) || joined === '..' || joined.startsWith('../');
    if (!outside && !entry.includes('\0')) return joined;
    this.report(`${where}: the entry ${entry} lies outside the root`);
    return undefined;
  }

  private listing(folder: string): Promise<ReadonlySet<string>> {
    let listing = this.listings.get(folder);
    if (!listing) {
      listing = readdir(path.join(this.root, folder)).then(
        (names) => new Set(names),
        () => new Set<string>(),
      );
      this.listings.set(folder, listing);
    }
    return listing;
  }
}

/** `Hakodate_4.tif` -> `Hakodate_4` */
export const stem = (file: string): string => path.posix.basename(file).replace(/\.[^.]*$/, '');
