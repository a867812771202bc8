export { runCommandLine, type App, type Contents, type Reproduced, type ReproduceOptions } from './command-line.js';
export { exitCodeOf, Interrupted, messageOf, UsageError } from './exit-codes.js';
export { checkChosen } from './chosen-numbers.js';
export { dataFolder, refuseData } from './data-folder.js';
export { terminalReporter, type Reporter } from './reporter.js';

export { checkConfig, ConfigError, readConfig } from './read-config.js';
export { configName, microBatchDivides } from './config-parts.js';
export { fingerprint } from './fingerprint.js';
export { withFolderLock } from './lock-folder.js';
export { withRunFolder, type RunFolderOptions } from './run-folder.js';
export { runFolder, runPlaces, type RunPlace } from './run-place.js';

export { keptInMemory, samplesOf, type Splits } from './splits.js';
export { worldSamples, type WorldSplit } from './world-samples.js';
export { completeSample, completeTensors, type CompleteSample, type CompleteTensors, type Role } from './complete-samples.js';
export { trainingSource, type SampleBatch, type TrainingData } from './training-source.js';

export { finishedRun, loadFinished, type FinishedRun, type RunOptions, type Trial } from './finished-run.js';
export { keptFigures } from './kept-figures.js';
export { distinctRows, figuresOf, runRows } from './run-rows.js';

export { predictWindows, type Images, type Outputs, type WholeMap, type WholeMaps, type WindowOptions } from './sliding-windows.js';
export { segmentationFigures, type SegmentationFigures } from './segmentation-figures.js';

export { meanAndSpread, overSeeds } from './mean-and-spread.js';
export { halfWidth, verdictOf, type Verdict } from './verdict.js';
export { judge, type Claim, type JudgedClaim, type JudgedRun, type RowFigure } from './claims.js';
export { claimsTable, type ClaimsTableOptions } from './claims-table.js';
export { withReference, type ReferenceOptions } from './reference-columns.js';
export { provenanceOf, reportFooter, type ProvenanceOptions } from './provenance.js';
export { writeTable } from './write-table.js';
export { classChart, type ClassChartOptions } from './class-chart.js';
export { classPalette } from './class-palette.js';
export { trainingCharts } from './training-charts.js';
