export { downsampleLabels } from './downsample-labels.js';
