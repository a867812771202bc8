const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** IEEE 754 binary16 to float32, exact. */
export function widenHalf(half: Uint16Array): Float32Array {
  const wide = new Float32Array(half.length);
  for (let i = 0; i < half.length; i++) {
    const h = half[i];
    const exponent = (h >> 10) & 31;
    const fraction = h & 0x3ff;
    const magnitude =
      exponent === 0 ? fraction * 2 ** -24 : exponent < 31 ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction === 0 ? Infinity : NaN;
    wide[i] = h & 0x8000 ? -magnitude : magnitude;
  }
  return wide;
}

/** float32 to IEEE 754 binary16, to the nearest, ties to even. */
export function narrowHalf(wide: Float32Array): Uint16Array {
  const half = new Uint16Array(wide.length);
  for (let i = 0; i < wide.length; i++) {
    float[0] = wide[i];
    const sign = (bits[0] >>> 16) & 0x8000;
    const magnitude = Math.abs(float[0]);
    if (Number.isNaN(magnitude)) half[i] = sign | 0x7e00;
    else if (magnitude >= 65520) half[i] = sign | 0x7c00;
    else if (magnitude < 2 ** -14) half[i] = sign | roundToEven(magnitude * 2 ** 24);
    else {
      const exponent = ((bits[0] >>> 23) & 255) - 127;
      half[i] = sign | (((exponent + 14) << 10) + roundToEven(magnitude * 2 ** (10 - exponent))); // a carry moves into the exponent
    }
  }
  return half;
}

/** bfloat16 to float32, exact: the upper half of its bits. */
export function widenBfloat(half: Uint16Array): Float32Array {
  const wide = new Float32Array(half.length);
  const wideBits = new Uint32Array(wide.buffer);
  for (let i = 0; i < half.length; i++) wideBits[i] = half[i] << 16;
  return wide;
}

/** float32 to bfloat16, to the nearest, ties to even. */
export function narrowBfloat(wide: Float32Array): Uint16Array {
  const half = new Uint16Array(wide.length);
  for (let i = 0; i < wide.length; i++) {
    float[0] = wide[i];
    const b = bits[0];
    half[i] = Number.isNaN(float[0]) ? (b >>> 16) | 0x40 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  }
  return half;
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
