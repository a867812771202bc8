import path from 'node:path';
import { classChart, trainingCharts } from '@rs/experiments';
import { writeReport, type Block, type Section, type Table } from '@rs/report';
import type { Place } from './place.js';
import { edc, edcStar, naive, type Row } from './rows.js';
import type { RemovalResult, RunResult } from './runs.js';
import { scenePanels } from './scene-panels.js';

export interface ReportContent {
  readonly folder: string;
  readonly title: string;
  readonly summary: readonly string[];
  readonly tables: readonly Table[];
  readonly figures: readonly Section[];
  readonly rows: readonly Row[]; // that were trained
  readonly runs: readonly RunResult[]; // teachers first
  readonly removals: readonly RemovalResult[];
  readonly place: Place; // of the first seed, whose pictures are shown
  readonly footer: string;
}

const scenesShown = 4;

/** Writes `report.html`: tables, figures, pictures of a few scenes, curves. Returns its path. */
export async function writeEdcReport(content: ReportContent): Promise<string> {
  const { folder, title, summary, tables, figures, rows, runs, removals, place, footer } = content;
  const scenes =
    rows.includes(edc) && figures.length === 0 ? [{ title: 'Scenes', blocks: [await scenePanels(place, [edc], scenesShown)] }] : [];
  const sections: Section[] = [
    { title: 'Tables', blocks: tables.map((table): Block => ({ table })) },
    ...figures,
    ...(figures.length === 0 ? [...scenes, { title: 'Classes', blocks: classCharts(runs, place.splits.classes) }] : []),
    { title: 'Training', blocks: [...trainingCharts(runs, { score: 'mIoU' }), ...trainingCharts(removals, { score: 'PSNR', unit: 'dB' })] },
  ];
  const file = path.join(folder, 'report.html');
  await writeReport(file, { title, summary, sections: sections.filter(({ blocks }) => blocks.length > 0), footer });
  return file;
}

const charted = [naive, edcStar, edc].map(({ label }) => label); // more rows make no chart

/** IoU by class of EDC, EDC* and EDC-naive, as far as they were run. */
export const classCharts = (runs: readonly RunResult[], classes: readonly string[]): Block[] =>
  classChart({
    runs: runs.filter(({ label }) => charted.includes(label)),
    classes,
    perClass: ({ segmentation }) => segmentation.all.perClassIoU,
    title: 'IoU by class, all scored pixels',
    value: 'IoU (%)',
  });
