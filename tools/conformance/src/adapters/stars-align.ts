import type { Adapters } from '../adapter.js';

export const adapters: Adapters = {};
