export { meanAndSpread } from './mean-and-spread.js';
