import * as tf from '@tensorflow/tfjs-core';
import { cleanText } from './clean-text.js';
import { clipVocabulary, endOfText, startOfText, type ClipVocabulary } from './clip-vocabulary.js';

export interface TokenizeOptions {
  readonly contextLength?: number; // ids a text; default 77
  readonly truncate?: boolean; // cut longer texts, the last id becomes the end of text; default false: they are errors
}

/**
 * CLIP's byte-pair ids of texts, Sennrich et al. 2016 on UTF-8 bytes: start of text (49406), the text, end of text (49407), then 0.
 *
 * @returns int32 [T,contextLength]
 * @throws RangeError when there is no text, or one has more ids than fit and may not be cut
 */
export function tokenize(texts: readonly string[], { contextLength = 77, truncate = false }: TokenizeOptions = {}): tf.Tensor2D {
  if (!Number.isInteger(contextLength) || contextLength < 2) {
    throw new RangeError(`tokenize: contextLength must be an integer of at least 2, got ${contextLength}`);
  }
  if (texts.length === 0) throw new RangeError('tokenize: texts must hold at least one text, got none');
  const ids = new Int32Array(texts.length * contextLength);
  texts.forEach((text, i) => {
    const row = [startOfText, ...encode(text), endOfText];
    if (row.length > contextLength && !truncate) {
      const start = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
      throw new RangeError(
        `tokenize: texts[${i}] has ${row.length} ids with its start and end, contextLength is ${contextLength}: ${start}; truncate: true cuts it`,
      );
    }
    ids.set(row.length > contextLength ? [...row.slice(0, contextLength - 1), endOfText] : row, i * contextLength);
  });
  return tf.tensor2d(ids, [texts.length, contextLength], 'int32');
}

const pieces = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+/giu;

/** The ids of a text alone. */
function encode(text: string): number[] {
  const vocabulary = clipVocabulary();
  const utf8 = new TextEncoder();
  return (cleanText(text).match(pieces) ?? []).flatMap((piece) => {
    if (piece === '<|startoftext|>') return startOfText;
    if (piece === '<|endoftext|>') return endOfText;
    const bytes = Array.from(utf8.encode(piece), (byte) => vocabulary.ofByte[byte]);
    return merged(bytes, vocabulary).map((symbol) => vocabulary.idOf.get(symbol)!); // each merge that is made has an id
  });
}

/** Joins, everywhere in the word, the neighbours that were joined first when the vocabulary was made, until none are left to join. */
function merged(bytes: readonly string[], { rankOf }: ClipVocabulary): string[] {
  let word = [...bytes.slice(0, -1), `${bytes[bytes.length - 1]}</w>`];
  for (;;) {
    let best = Infinity;
    let pair = '';
    for (let i = 1; i < word.length; i++) {
      const candidate = `${word[i - 1]} ${word[i]}`;
      const rank = rankOf.get(candidate) ?? Infinity;
      if (rank < best) [best, pair] = [rank, candidate];
    }
    if (best === Infinity) return word;
    const joined: string[] = [];
    for (let i = 0; i < word.length; i++) {
      if (i + 1 < word.length && `${word[i]} ${word[i + 1]}` === pair) joined.push(word[i] + word[++i]);
      else joined.push(word[i]);
    }
    word = joined;
  }
}
