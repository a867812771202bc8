import path from 'node:path';
import { classChart, trainingCharts } from '@rs/experiments';
import { writeReport, type Block, type Section, type Table } from '@rs/report';
import { activationPictures, activationTable } from './activation-pictures.js';
import { alignmentCharts, similarityPictures } from './alignment-pictures.js';
import { parameterCharts, parameterTable } from './parameter-charts.js';
import type { Place } from './place.js';
import type { Row } from './rows.js';
import type { RunResult } from './runs.js';
import { scenePictures, type ShownNetwork } from './scene-pictures.js';
import { setOf } from './sensors.js';
import { sweepCharts } from './sweep-charts.js';

export interface ReportContent {
  readonly places: readonly Place[]; // one a seed; all pictures are of the first
  readonly rows: readonly Row[];
  readonly runs: readonly RunResult[];
  readonly tables: readonly Table[];
  readonly shown?: ShownNetwork; // absent where no row is STARS
  readonly footer: string;
}

/** Writes `report.html`: tables, then the counterparts of the paper's figures 7 to 12, curves. Returns its path. */
export async function writeStarsReport({ places, rows, runs, tables, shown, footer }: ReportContent): Promise<string> {
  const [place] = places;
  const { config, splits, seed, folder } = place;
  const ofSeed = runs.filter((run) => run.seed === seed);
  const sections: Section[] = [
    { title: 'Tables', blocks: tables.map((table): Block => ({ table })) },
    ...(shown
      ? [
          { title: 'Class maps', blocks: [await scenePictures(place, rows, shown)] },
          {
            title: 'Correspondence of classes over training',
            blocks: [similarityPictures(ofSeed, splits.classes), ...alignmentCharts(ofSeed)],
          },
          { title: 'Parameters of the three encoders', blocks: [parameterTable(place, shown), ...parameterCharts(shown)] },
          {
            title: 'Where the encoders look',
            blocks: [await activationPictures(place, shown), await activationTable(places, shown.row)],
          },
        ]
      : []),
    { title: 'Sweeps', blocks: sweepCharts({ config, splits }, runs) },
    { title: 'Classes', blocks: perClass(rows, runs, splits.classes) },
    { title: 'Training', blocks: trainingCharts(ofSeed, { score: 'mIoU' }) },
  ];
  const file = path.join(folder, 'report.html');
  await writeReport(file, {
    title: `STARS, ${config.name}: reproduced beside the paper`,
    summary: [
      'STARS (arXiv:2601.17342) maps land cover when one of the two sensors that it was trained with is missing at test: shared features of one are ' +
        'translated to those of the other, and classes are brought together pixel by pixel. This is one run of the whole pipeline, from image files over training and scoring to ' +
        "the paper's tables and figures.",
      `Rows marked "reproduced" were measured in it, on: ${splits.about}. ` +
        "All others are the paper's printed figures, on its own data and scale: the two are not comparable.",
    ],
    sections: sections.filter(({ blocks }) => blocks.length > 0),
    footer,
  });
  return file;
}

/** IoU by class of what each row is tested on first. */
function perClass(rows: readonly Row[], runs: readonly RunResult[], classes: readonly string[]): Block[] {
  const testOf = new Map(rows.map(({ label, tests }) => [label, setOf(tests[0])]));
  const compared = runs.filter(({ label }) => /^(Baseline|Fine-tuning|STARS)/.test(label));
  const tests = [...new Set(compared.map(({ label }) => testOf.get(label)!))];
  return tests.flatMap((test) =>
    classChart({
      runs: compared.filter(({ label }) => testOf.get(label) === test),
      classes,
      perClass: ({ tests: scored }) => scored[test].running.perClassIoU,
      title: `IoU by class, ${test} at test, batch norms as trained`,
      value: 'IoU (%)',
    }),
  );
}
