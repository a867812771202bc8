const kept = 8 << 20; // bytes; more is given back after its use

/**
 * Memory that is used again and again, because pages which are new to the process cost more than what is decoded into them. What `take` gave
 * is lost at the next `take`.
 */
export class Scratch {
  #bytes = new Uint8Array(0);

  /** `length` bytes with anything in them. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (length > kept) return new Uint8Array(length);
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    return this.#bytes.subarray(0, length);
  }
}
