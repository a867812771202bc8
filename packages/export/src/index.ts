export { ExportError } from './export-error.js';
export type { ExportDtype, InputSpec, InputSpecs } from './input-spec.js';
export { exportOnnx, type ExportedOnnx, type ExportOnnxOptions } from './export-onnx.js';
export { exportSavedModel } from './saved-model/export-saved-model.js';
