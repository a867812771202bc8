import type { Draws } from '../draws.js';
import type { GradientLattice } from './perlin-noise.js';

/** A lattice of gradients whose components are the standard normals `name`. */
export function drawnLattice(draws: Draws, name: string, height: number, width: number): GradientLattice {
  return { data: draws.normals(name, 2 * height * width), height, width };
}
