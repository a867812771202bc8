import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeHtml } from './html.js';
import type { LegendEntry } from './palette.js';

/** A drawing with its title, which is also what a screen reader says. */
export interface Chart {
  readonly title: string;
  readonly svg: string; // complete: can be written to a file, or stand in HTML
}

const legendLine = 20; // pixels, above the plot

/**
 * Draws marks with Observable Plot, without a browser; lines and text follow the colour of the page. `legend` names the colours above
 * the plot.
 */
export function drawChart(title: string, options: Plot.PlotOptions, legend: readonly LegendEntry[] = []): Chart {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const { width = 640, height = 340 } = options;
  const svg = Plot.plot({ marginTop: 30, marginLeft: 56, marginBottom: 42, ...options, width, height, document });
  const places = legendPlaces(legend, width);
  const top = legend.length > 0 ? places[places.length - 1].y + legendLine + 6 : 0;
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    role: 'img',
    'aria-label': escapeHtml(title), // the serialiser writes attributes as they are
    'font-size': '12',
    height: String(height + top),
    viewBox: `0 ${-top} ${width} ${height + top}`,
  };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  legend.forEach(({ name, color }, i) => {
    const { x, y } = places[i];
    const entry = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    entry.setAttribute('transform', `translate(${x},${y + 6 - top})`);
    entry.innerHTML = `<rect width="12" height="12" rx="2" fill="${color}"></rect><text x="17" y="10" text-anchor="start"></text>`;
    (entry.lastChild as Element).textContent = name;
    svg.append(entry);
  });
  return { title, svg: svg.outerHTML };
}

/** Where its entries stand: side by side, and on the next line where the drawing ends. */
function legendPlaces(legend: readonly LegendEntry[], width: number): { readonly x: number; readonly y: number }[] {
  let [x, y] = [4, 0];
  return legend.map(({ name }) => {
    const size = 34 + 6.6 * name.length; // of 12 px text, about
    if (x > 4 && x + size > width + 17) [x, y] = [4, y + legendLine]; // 17: behind the last name no gap is needed
    x += size;
    return { x: x - size, y };
  });
}
