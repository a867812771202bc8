/** The style of a report: follows the reader's light or dark setting, and prints. */
export const reportStyle = `
:root { color-scheme: light dark; --text: #1c2733; --soft: #5b6876; --page: #ffffff; --panel: #f5f7f9; --line: #d5dce3; --accent: #0b6e4f; --tint: #e8f5ef; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e9ee; --soft: #9dabb9; --page: #14191f; --panel: #1c232b; --line: #35404b; --accent: #5fd0a5; --tint: #17312a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 84rem; font: 16px/1.55 system-ui, sans-serif; color: var(--text); background: var(--page); }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
p { max-width: 70ch; margin: .5rem 0; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: 1rem 0 0; list-style: none; }
a { color: var(--accent); }
figure { margin: 1.5rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption, figcaption { text-align: left; font-weight: 600; padding: 0 0 .5rem; }
.table table { font-size: .925rem; }
.table th, .table td { padding: .28rem .55rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); font-weight: 400; }
.table tbody th { white-space: normal; min-width: 9rem; }
.table thead th { white-space: normal; font-weight: 600; text-align: center; color: var(--soft); font-size: .9rem; vertical-align: bottom; }
.table thead th[colspan]:not([colspan="1"]) { border-bottom-color: var(--soft); }
.table .text { text-align: left; }
.table tr.reproduced > * { background: var(--tint); font-weight: 600; }
.table tr.reproduced > :first-child { box-shadow: inset 4px 0 var(--accent); }
.mark { color: var(--accent); }
.source { font-size: .8rem; font-weight: 500; padding: .05rem .5rem; border: 1px solid var(--line); border-radius: 1rem; color: var(--soft); }
tr.reproduced .source { border-color: var(--accent); color: var(--accent); }
.notes { margin: .6rem 0 0; padding: 0; list-style: none; font-size: .875rem; color: var(--soft); max-width: 120ch; }
.notes .provenance { color: var(--text); background: var(--tint); border-left: 4px solid var(--accent); padding: .35rem .7rem; margin-bottom: .3rem; }
.panels th { font-weight: 500; font-size: .875rem; color: var(--soft); padding: .15rem .35rem; }
.panels tbody th { text-align: left; min-width: 6rem; max-width: 9rem; padding-right: .75rem; }
.panels thead th { max-width: var(--shown); vertical-align: bottom; }
.panels td { padding: .15rem; vertical-align: top; }
.panels { --shown: clamp(6.5rem, calc((min(100vw, 84rem) - 12rem) / var(--columns) - .35rem), 13rem); }
.panels img { display: block; width: var(--shown); height: auto; image-rendering: pixelated; border-radius: 3px; }
.caption { font-size: .8rem; color: var(--soft); padding: .1rem 0 .3rem; }
.scale { display: flex; align-items: center; gap: .35rem; font-size: .75rem; color: var(--soft); padding-top: .15rem; max-width: var(--shown); }
.scale i { flex: 1; height: .5rem; border-radius: 2px; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: .7rem 0 0; list-style: none; font-size: .875rem; }
.legend i { display: inline-block; width: .9em; height: .9em; margin-right: .4em; border-radius: 2px; border: 1px solid var(--line); vertical-align: -.08em; }
.chart { display: inline-block; width: min(100%, 38.5rem); margin-right: 1.25rem; vertical-align: top; }
.chart svg { max-width: 100%; height: auto; }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--line); font-size: .875rem; color: var(--soft); }
@media print {
  :root { color-scheme: light; --text: #000; --soft: #444; --page: #fff; --line: #bbb; --accent: #0b6e4f; --tint: #eef7f2; }
  body { max-width: none; padding: 0; font-size: 11pt; print-color-adjust: exact; }
  nav { display: none; }
  figure, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll { overflow: visible; }
  .panels { --shown: calc(15cm / var(--columns)); }
}
`;
