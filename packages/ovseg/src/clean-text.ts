import { decodeHTML } from 'entities';

/** Text as CLIP reads it: repaired Unicode, HTML entities resolved (twice, as captions are often escaped twice), one space between words, lower case. */
export function cleanText(text: string): string {
  const repaired = repairUnicode(text);
  return decodeHTML(decodeHTML(repaired)).trim().replace(/\s+/g, ' ').trim().toLowerCase();
}

/**
 * What the tokenizer needs of a Unicode repair: Latin ligatures and full-width forms spelled out, straight quotes, line breaks of all kinds
 * as such, no control characters or lone surrogates, composed characters (NFC). Text that was decoded wrongly stays as it is.
 */
function repairUnicode(text: string): string {
  return text
    .replace(/[\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3\ufb00-\ufb06]/g, (ligature) => ligature.normalize('NFKC'))
    .replace(/[\u3000\uff01-\uffef]/g, (wide) => wide.normalize('NFKC'))
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u0085\u2028\u2029]/g, '\n')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(controls, '')
    .normalize('NFC');
}

// eslint-disable-next-line no-control-regex -- they are what is looked for
const controls = /[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\u206a-\u206f\ufeff\ufff9-\ufffc]/g;
