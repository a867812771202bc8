export { Concatenated } from './concatenated.js';
export { paper, type PaperTables } from './paper.js';
export { SingleSensor, type NetworkSizes } from './single-sensor.js';
