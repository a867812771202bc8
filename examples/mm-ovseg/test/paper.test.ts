import { expect, test } from 'vitest';
import { paper } from '../src/index.js';

test('the figures say which paper they are of', () => {
  expect(paper.paper).toMatch(/\w+/);
});
