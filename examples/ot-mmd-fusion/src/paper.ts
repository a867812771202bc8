import { readFileSync } from 'node:fs';

/** The figures that the paper prints. Nothing in it was measured here. */
export const paper = JSON.parse(readFileSync(new URL('../tables.json', import.meta.url), 'utf8')) as { readonly paper: string };
