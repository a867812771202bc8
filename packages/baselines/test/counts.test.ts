import { readFile } from 'node:fs/promises';
import type { Init } from '@rs/nn';
import { expect, test } from 'vitest';
import { AlignCR, AMMFuseNet, CloudSeg, CMX, DCSANet, FTransUNet, GLFCR, HS2P, MCANet, USSRNCR } from '../src/index.js';
import { millions } from './zero-init.js';

const m3m = { numClasses: 6 }; // 4 optical bands, 2 polarisations

const networks: Record<string, (init: Init) => object> = {
  CMX: (init) => new CMX(m3m, init),
  CloudSeg: (init) => new CloudSeg(m3m, init),
  MCANet: (init) => new MCANet(m3m, init),
  AMMFuseNet: (init) => new AMMFuseNet(m3m, init),
  FTransUNet: (init) => new FTransUNet(m3m, init),
  DCSANet: (init) => new DCSANet(m3m, init),
  AlignCR: (init) => new AlignCR({}, init),
  GLFCR: (init) => new GLFCR({}, init),
  HS2P: (init) => new HS2P({}, init),
  USSRNCR: (init) => new USSRNCR({}, init),
};

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const rows = readme.split('\n').flatMap((line) => {
  const [, network, , , here, printed, difference] = line.split('|').map((cell) => cell.trim());
  return network?.startsWith('`') ? [{ network: network.slice(1, -1), here, printed, difference }] : [];
});

test("the README's table has every network", () => {
  expect(rows.map(({ network }) => network)).toEqual(Object.keys(networks));
});

test.each(rows)('$network has the $here million parameters of the table', ({ network, here, printed, difference }) => {
  const counted = millions(networks[network]);
  expect(counted).toBe(Number(here));
  if (printed !== '-') expect((counted - Number(printed)).toFixed(3)).toBe(Number(difference).toFixed(3));
});
