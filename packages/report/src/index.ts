export { checkTable, type Cell, type Column, type Provenance, type Row, type Source, type Spread, type Table } from './table.js';
export { toCsv, toJson, toMarkdown, toTerminal } from './table-formats.js';
export { toHtml } from './table-html.js';
export { provenanceText } from './table-notes.js';

export type { Grid } from './grid.js';
export { arrange, enlarge, toPng, type Raster } from './raster.js';
export { landCoverPalette, paletteLegend, type LegendEntry, type Palette } from './palette.js';
export { percentileStretch, type Range, type StretchOptions } from './stretch.js';
export { falseColor, type FalseColorOptions } from './optical-image.js';
export { sarImage, type SarOptions } from './sar-image.js';
export { classMap, cloudLegend, errorLegend, errorMap, maskImage } from './label-images.js';
export { scalarMap, type ColorScale, type ScalarMapOptions } from './scalar-map.js';

export type { Chart } from './chart.js';
export {
  barChart,
  lineChart,
  scatterChart,
  type Bar,
  type BarChartOptions,
  type LineChartOptions,
  type ScatterChartOptions,
  type ScatterPoint,
  type Series,
} from './charts.js';
export { reliabilityDiagram, residualCalibration, type Calibration, type CalibrationChartOptions } from './calibration-charts.js';

export type { Panel, PanelGrid } from './panel-grid.js';
export { renderReport, writeReport, type Block, type Report, type Section } from './report.js';
