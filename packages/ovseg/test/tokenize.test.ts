import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classTokens, tokenize, type TokenizeOptions } from '../src/index.js';
import { byteAlphabet } from '../src/byte-alphabet.js';
import { cleanText } from '../src/clean-text.js';
import { clipVocabulary } from '../src/clip-vocabulary.js';

const rows = (texts: readonly string[], options?: TokenizeOptions): number[][] => tf.tidy(() => tokenize(texts, options).arraySync());
const [start, end] = [49406, 49407];
/** The ids between start and end. */
const idsOf = (text: string): number[] => {
  const [row] = rows([text], { contextLength: 2000 });
  return row.slice(1, row.indexOf(end, 1));
};

test('the vocabulary has 49408 ids, its first 512 are bytes', () => {
  const { idOf, rankOf } = clipVocabulary();
  expect([idOf.size, rankOf.size]).toEqual([49408, 48894]);
  expect(['!', '!</w>', 'in', 'the</w>', '<|startoftext|>', '<|endoftext|>'].map((symbol) => idOf.get(symbol))).toEqual([
    0,
    256,
    512,
    518,
    start,
    end,
  ]);
  expect(new Set(byteAlphabet().ofByte).size).toBe(256);
});

test('ids spell the UTF-8 bytes of the cleaned text', () => {
  const symbols = new Map([...clipVocabulary().idOf].map(([symbol, id]) => [id, symbol]));
  const byteOf = new Map(byteAlphabet().ofByte.map((character, byte) => [character, byte]));
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      fc.pre(!text.includes('<|'));
      const spelled = idsOf(text).flatMap((id) => [...symbols.get(id)!.replace('</w>', '')].map((character) => byteOf.get(character)!));
      expect(new TextDecoder().decode(Uint8Array.from(spelled))).toBe(cleanText(text).replace(/\s/g, ''));
    }),
    { numRuns: 200, seed: 1 },
  );
});

/** The plain loop: of all neighbours, join the leftmost pair of the lowest rank, one at a time. */
function slowlyMerged(word: string): number[] {
  const { ofByte, rankOf, idOf } = clipVocabulary();
  const symbols = [...new TextEncoder().encode(word)].map((byte) => ofByte[byte]);
  symbols.push(`${symbols.pop()}</w>`);
  for (;;) {
    const ranks = symbols.slice(1).map((right, i) => rankOf.get(`${symbols[i]} ${right}`) ?? Infinity);
    const best = Math.min(...ranks);
    if (best === Infinity) return symbols.map((symbol) => idOf.get(symbol)!);
    const at = ranks.indexOf(best);
    symbols.splice(at, 2, symbols[at] + symbols[at + 1]);
  }
}

test('words are merged as the plain loop does', () =>
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...'aeinorstlé水д'), { minLength: 1, maxLength: 24 }), (letters) => {
      const word = letters.join('');
      expect(idsOf(word)).toEqual(slowlyMerged(word));
    }),
    { numRuns: 300, seed: 1 },
  ));

test('a row is start, text, end and zeros; no text sees another', () =>
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 4 }), (texts) => {
      const got = rows(texts);
      got.forEach((row, i) => {
        expect(row).toHaveLength(77);
        expect(row[0]).toBe(start);
        expect(row.slice(row.lastIndexOf(end) + 1).every((id) => id === 0)).toBe(true);
        expect([row]).toEqual(rows([texts[i]]));
      });
    }),
    { numRuns: 50, seed: 1 },
  ));

test.each([
  ['“City”', '"city"'],
  ['it’s', "it's"],
  ['ﬁeld', 'field'],
  ['ＦＩＥＬＤ', 'field'],
  ['cafe\u0301', 'café'],
  ['ro\u0007ad\ufeff', 'road'],
  ['road\u2028 \u0085 track', 'road track'],
  ['a &amp;amp; b', 'a & b'],
  ['&eacute;t&#233; &#x6C34;', 'été 水'],
  ['  two \t\n words ', 'two words'],
  ['\ud800 lone', '\ufffd lone'],
])('%j is read as %j', (text, cleaned) => {
  expect(cleanText(text)).toBe(cleaned);
  expect(idsOf(text)).toEqual(idsOf(cleaned));
});

test('a longer text is an error, or is cut and ends with the end of text', () => {
  const long = 'road '.repeat(20);
  expect(() => tokenize(['a', long], { contextLength: 16 })).toThrow(
    'tokenize: texts[1] has 22 ids with its start and end, contextLength is 16',
  );
  const [cut] = rows([long], { contextLength: 16, truncate: true });
  expect(cut).toEqual([start, ...idsOf(long).slice(0, 14), end]);
  expect(rows(['road '.repeat(75)])[0]).toHaveLength(77); // exactly full
  expect(() => tokenize(['road '.repeat(76)])).toThrow('has 78 ids');
});

test('names what is wrong; keeps no tensor besides its result', () => {
  expect(() => tokenize([])).toThrow('tokenize: texts must hold at least one text, got none');
  expect(() => tokenize(['a'], { contextLength: 1 })).toThrow('tokenize: contextLength must be an integer of at least 2, got 1');
  const before = tf.memory().numTensors;
  const ids = tokenize(['road', 'water']);
  expect([ids.dtype, ...ids.shape]).toEqual(['int32', 2, 77]);
  expect(tf.memory().numTensors).toBe(before + 1);
  ids.dispose();
});

test('a class is its first synonym in the template', () =>
  tf.tidy(() => {
    const ids = classTokens(['road, street', 'tree']).arraySync();
    expect(ids).toEqual(rows(['A photo of a road in the scene', 'A photo of a tree in the scene']));
    expect(classTokens(['$& water'], { template: 'a photo of {}' }).arraySync()).toEqual(rows(['a photo of $& water']));
  }));

test('no class, an empty name, a template without a place and a name too long are errors', () => {
  expect(() => classTokens([])).toThrow('classTokens: classNames must hold at least one class, got none');
  expect(() => classTokens(['road', ' , street'])).toThrow('classTokens: classNames[1] must name a class, got " , street"');
  expect(() => classTokens(['road'], { template: 'a photo' })).toThrow('classTokens: template must contain {}, got "a photo"');
  expect(() => classTokens(['road '.repeat(80)])).toThrow('contextLength is 77');
  const cut = classTokens(['road '.repeat(80)], { truncate: true });
  expect(cut.shape).toEqual([1, 77]);
  cut.dispose();
});
