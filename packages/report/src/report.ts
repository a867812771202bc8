import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Chart } from './chart.js';
import { escapeHtml } from './html.js';
import { panelGridHtml, type PanelGrid } from './panel-grid.js';
import { reportStyle } from './report-style.js';
import { toHtml } from './table-html.js';
import type { Table } from './table.js';

export type Block = { readonly text: string } | { readonly table: Table } | { readonly chart: Chart } | { readonly panels: PanelGrid };

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface Report {
  readonly title: string;
  readonly summary?: readonly string[]; // paragraphs
  readonly sections: readonly Section[];
  readonly footer?: string; // version, date, config
}

/** The report as one HTML file: pictures and style are inside, nothing is loaded from elsewhere. @throws RangeError as `checkTable` */
export function renderReport({ title, summary = [], sections, footer }: Report): string {
  const links = sections.map((section, i) => `<li><a href="#section-${i + 1}">${escapeHtml(section.title)}</a></li>`);
  const bodies = sections.map(
    ({ title: name, blocks }, i) =>
      `<section aria-labelledby="section-${i + 1}"><h2 id="section-${i + 1}">${escapeHtml(name)}</h2>\n${blocks.map(blockHtml).join('\n')}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${reportStyle}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1>
${summary.map(paragraph).join('\n')}
${links.length > 1 ? `<nav aria-label="Sections"><ul>${links.join('')}</ul></nav>` : ''}</header>
<main>
${bodies.join('\n')}
</main>
${footer ? `<footer>${escapeHtml(footer)}</footer>` : ''}
</body>
</html>
`;
}

/** Writes the report, into a folder that is made when missing; a reader of `file` sees the old one or the new one, never a part. */
export async function writeReport(file: string, report: Report): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, renderReport(report));
}

const paragraph = (text: string): string => `<p>${escapeHtml(text)}</p>`;

function blockHtml(block: Block): string {
  if ('table' in block) return toHtml(block.table);
  if ('panels' in block) return panelGridHtml(block.panels);
  if ('chart' in block) return `<figure class="chart"><figcaption>${escapeHtml(block.chart.title)}</figcaption>${block.chart.svg}</figure>`;
  return paragraph(block.text);
}
