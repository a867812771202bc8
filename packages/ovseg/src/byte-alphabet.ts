/**
 * One printable character for each of the 256 bytes, as CLIP's vocabulary spells them: printable Latin-1 stands for itself, the
 * other 68 bytes, ascending, are the characters from U+0100 on.
 */
export function byteAlphabet(): { readonly ofByte: readonly string[]; readonly inOrder: readonly string[] } {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytes.filter((byte) => !printable(byte));
  const ofByte = bytes.map((byte) => String.fromCharCode(printable(byte) ? byte : 256 + others.indexOf(byte)));
  return { ofByte, inOrder: [...bytes.filter(printable), ...others].map((byte) => ofByte[byte]) }; // the order of ids 0..255
}
