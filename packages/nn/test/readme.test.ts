import { testReadmeUsage } from '../../../vitest.readme.js';

testReadmeUsage(import.meta.url);
