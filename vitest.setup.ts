import { useEngine } from './packages/engine/src/index.js';

await useEngine({ quiet: true });
