import { cellText } from './cell-text.js';
import { escapeHtml } from './html.js';
import { checkTable, type Table } from './table.js';
import { headerRows } from './table-header.js';
import { reproducedMark, sourceText, tableNotes } from './table-notes.js';

/** A table with its notes as a `<figure>`, in the classes of the report's style sheet. @throws RangeError as `checkTable` */
export function toHtml(table: Table): string {
  checkTable(table);
  const head = headerRows(table.columns).map((cells, level, { length }) => {
    const corner =
      level === 0 ? ['method', 'source'].map((name) => `<th scope="col" rowspan="${length}" class="text">${name}</th>`).join('') : '';
    const headers = cells.map(
      ({ text, colSpan, rowSpan }) =>
        `<th scope="${colSpan > 1 ? 'colgroup' : 'col'}" colspan="${colSpan}" rowspan="${rowSpan}">${escapeHtml(text)}</th>`,
    );
    return `<tr>${corner}${headers.join('')}</tr>`;
  });
  const body = table.rows.map(({ label, source, cells }) => {
    const mark = source === 'reproduced' ? `<span class="mark" aria-hidden="true">${reproducedMark}</span> ` : '';
    const values = cells.map((cell, i) => `<td>${escapeHtml(cellText(cell, table.columns[i]))}</td>`).join('');
    return `<tr class="${source}"><th scope="row" class="text">${mark}${escapeHtml(label)}</th><td class="text"><span class="source">${sourceText[source]}</span></td>${values}</tr>`;
  });
  const notes = tableNotes(table).map(
    (note) => `<li${note.startsWith(reproducedMark) ? ' class="provenance"' : ''}>${escapeHtml(note)}</li>`,
  );
  return `<figure class="table"><div class="scroll" tabindex="0" role="group" aria-label="${escapeHtml(table.title)}"><table>
<caption>${escapeHtml(table.title)}</caption>
<thead>${head.join('\n')}</thead>
<tbody>${body.join('\n')}</tbody>
</table></div>${notes.length > 0 ? `<ul class="notes">${notes.join('')}</ul>` : ''}</figure>`;
}
