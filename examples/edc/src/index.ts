export { countMacs, type LayerMacs } from './count-macs.js';
export {
  EDC,
  type DchfVariant,
  type EdcCallOptions,
  type EdcConfig,
  type EdcInputs,
  type EdcOutputs,
  type EdcStreamConfig,
} from './model.js';
