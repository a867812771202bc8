export { describeEngine, useEngine, type EngineOptions } from './use-engine.js';
export { engineLine, type EngineDescription } from './description.js';
export { engineNames, parseEngineName, type EngineName } from './engine-name.js';
export { EngineError } from './engine-error.js';
export { capture, type Captured, type CaptureOptions, type NamedTensors } from './capture/capture.js';
export { CaptureError } from './capture/capture-error.js';
export { traceGraph, type TracedGraph, type TracedNode, type TracedTensor } from './capture/trace-graph.js';
