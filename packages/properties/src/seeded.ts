/** Numbers in [0,1) from a seed: Weyl sequence with the finaliser of MurmurHash3. Not for cryptography. */
export type Draw = () => number;

export function seeded(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let bits = state ^ (state >>> 16);
    bits = Math.imul(bits, 0x85ebca6b);
    bits ^= bits >>> 13;
    bits = Math.imul(bits, 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** A standard normal number. Box and Muller 1958. */
export const normal = (draw: Draw): number => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());

export const integerBelow = (draw: Draw, below: number): number => Math.floor(draw() * below);

/** 0..length-1 in random order. Fisher and Yates 1938. */
export function permutation(draw: Draw, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = integerBelow(draw, i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
