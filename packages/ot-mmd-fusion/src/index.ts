export { deinterleaveTokens, interleaveTokens } from './interleave-tokens.js';
