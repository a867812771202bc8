export { run, type OpResult, type RunOptions } from './run.js';
export { functionCase, hostCase, moduleCase, type Adapter, type Adapters } from './adapter.js';
