import { testReadmeUsage } from '../../../vitest.readme.js';

testReadmeUsage(import.meta.url);
testReadmeUsage(import.meta.url, { block: 1 });
