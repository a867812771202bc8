import type { Init } from '@rs/nn';
import { expect, test } from 'vitest';
import { AMMFuseNet, CloudSeg, CMX, DCSANet, FTransUNet, GLFCR, HS2P, MCANet, USSRNCR } from '../src/index.js';
import { millions } from './zero-init.js';

const m3m = { numClasses: 6 }; // 4 optical bands, 2 polarisations

/** Printed in Table IV of EDC beside what the network has here. */
test.each<[string, (init: Init) => object, number, number]>([
  ['CloudSeg', (init) => new CloudSeg(m3m, init), 203.2158, 203.21],
  ['CMX', (init) => new CMX(m3m, init), 66.564, 66.57],
  ['MCANet', (init) => new MCANet(m3m, init), 131.7628, 131.76],
  ['AMM-FuseNet', (init) => new AMMFuseNet(m3m, init), 62.3042, 62.3],
  ['FTransUNet', (init) => new FTransUNet(m3m, init), 203.4098, 203.4],
  ['DCSA-Net', (init) => new DCSANet(m3m, init), 79.7458, 80.01],
])('%s has its millions of parameters', (_, build, here, printed) => {
  expect(millions(build)).toBe(here);
  expect(Math.abs(here - printed)).toBeLessThan(0.27);
});

/** What Table IV does not count. */
test.each<[string, (init: Init) => object, number]>([
  ['GLF-CR', (init) => new GLFCR({}, init), 14.7358],
  ['HS2P', (init) => new HS2P({}, init), 21.3069],
  ['USSRN-CR', (init) => new USSRNCR({}, init), 18.7618],
])('%s has its millions of parameters', (_, build, here) => {
  expect(millions(build)).toBe(here);
});
