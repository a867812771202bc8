import type { ColorScale } from './scalar-map.js';
import type { LegendEntry } from './palette.js';
import { enlarge, toPng, type Raster } from './raster.js';
import { escapeHtml } from './html.js';

/** A picture of a grid; a scalar map brings its scale. */
export interface Panel {
  readonly raster: Raster;
  readonly caption?: string; // under this picture: 'mIoU 0.61'
  readonly scale?: ColorScale;
}

/** Scenes as rows, what is shown of each as columns. */
export interface PanelGrid {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly label: string; readonly panels: readonly (Panel | null)[] }[]; // null: an empty cell
  readonly legend?: readonly LegendEntry[];
  readonly notes?: readonly string[]; // data, scale, seeds: how the pictures came about
}

const shownWidth = 192; // pixels: smaller pictures are enlarged to at least this

/** A grid as a `<figure>` with pictures inside. @throws RangeError when a row has not a panel a column */
export function panelGridHtml({ title, columns, rows, legend = [], notes = [] }: PanelGrid): string {
  const body = rows.map(({ label, panels }) => {
    if (panels.length !== columns.length) {
      throw new RangeError(`panels "${title}": row "${label}" must have ${columns.length} panels, got ${panels.length}`);
    }
    const cells = panels.map((panel, i) => `<td>${panel ? panelHtml(panel, `${label}: ${columns[i]}`) : ''}</td>`).join('');
    return `<tr><th scope="row">${escapeHtml(label)}</th>${cells}</tr>`;
  });
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('');
  const items = notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('');
  return `<figure class="panels" style="--columns:${columns.length}"><div class="scroll" tabindex="0" role="group" aria-label="${escapeHtml(title)}"><table>
<caption>${escapeHtml(title)}</caption>
<thead><tr><td></td>${head}</tr></thead>
<tbody>${body.join('\n')}</tbody>
</table></div>${legendHtml(legend)}${items ? `<ul class="notes">${items}</ul>` : ''}</figure>`;
}

function panelHtml({ raster, caption, scale }: Panel, alt: string): string {
  const png = toPng(enlarge(raster, Math.ceil(shownWidth / raster.width)));
  const image = `<img alt="${escapeHtml(alt)}" width="${raster.width}" height="${raster.height}" src="data:image/png;base64,${png.toString('base64')}">`;
  return `${image}${scale ? scaleHtml(scale) : ''}${caption ? `<div class="caption">${escapeHtml(caption)}</div>` : ''}`;
}

function scaleHtml({ low, high, unit, colors }: ColorScale): string {
  const text = (value: number): string => escapeHtml(`${Number(value.toPrecision(3))}${unit ? ` ${unit}` : ''}`);
  return `<div class="scale"><span>${text(low)}</span><i style="background:linear-gradient(to right,${colors.join(',')})"></i><span>${text(high)}</span></div>`;
}

function legendHtml(legend: readonly LegendEntry[]): string {
  if (legend.length === 0) return '';
  const items = legend.map(({ name, color }) => `<li><i style="background:${escapeHtml(color)}"></i>${escapeHtml(name)}</li>`);
  return `<ul class="legend">${items.join('')}</ul>`;
}
