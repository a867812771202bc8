/** A list of words to ask with. */
export interface WordList {
  readonly say: string;
  readonly words: readonly string[];
  readonly classOf: readonly number[]; // class id of each word; -1: it stands for none
}

/** Words that the small CLIP never read; a pretrained one has. */
export const synonyms: Readonly<Record<string, string>> = {
  water: 'lake',
  forest: 'woods',
  grass: 'meadow',
  crop: 'farmland',
  bare: 'soil',
  building: 'house',
  road: 'street',
};
export const absentWord = 'snow';

/** The class names, parts of them, other words in their place, and more words beside them. */
export function wordLists(classes: readonly string[], unseen: readonly number[]): WordList[] {
  const other = (name: string): string => synonyms[name] ?? name;
  const ids = classes.map((_, id) => id);
  const named = (say: string, kept: readonly number[]): WordList => ({ say, words: kept.map((id) => classes[id]), classOf: kept });
  return [
    named('all names', ids),
    named('seen names alone', ids.filter((id) => !unseen.includes(id))), // prettier-ignore
    named('unseen names alone', unseen),
    { say: 'other words', words: classes.map(other), classOf: ids },
    { say: 'all names and other words', words: [...classes, ...classes.map(other)], classOf: [...ids, ...ids] },
    { say: `all names and "${absentWord}", which is nowhere`, words: [...classes, absentWord], classOf: [...ids, -1] },
  ];
}
