import { toCsv, toJson, toMarkdown, toTerminal, type Table } from '@rs/report';
import { writeAtomically } from '@rs/weights';

/** Writes `<file>.md`, `.csv`, `.json` and `.txt`. */
export async function writeTable(file: string, table: Table): Promise<void> {
  const texts = { md: toMarkdown(table), csv: toCsv(table), json: toJson(table), txt: toTerminal(table, { color: false }) };
  for (const [extension, text] of Object.entries(texts)) await writeAtomically(`${file}.${extension}`, [Buffer.from(text)]);
}
