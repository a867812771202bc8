import { callGlobal, resolveGlobal, resolveStorage } from './pickle-globals.js';
import type { Storage } from './pickle-values.js';

/** The pickle goes on beyond the bytes given. */
export class PickleCut extends Error {
  constructor() {
    super('the pickle is cut off');
  }
}

export interface Unpickled {
  readonly value: unknown;
  readonly end: number; // position after the STOP
  readonly storages: ReadonlyMap<string, Storage>;
}

const maxIntegerBytes = 256; // of a long; checkpoints hold none beyond 16
const maxContainers = 2_000_000; // lists, tuples and dictionaries, each far larger in memory than in the pickle; a tensor takes five

/**
 * Reads a pickle (protocols 2 to 5) as data: numbers, strings, lists and tuples (arrays), dictionaries (Maps), tensors
 * (TensorView). It interprets the opcodes that such data needs and knows the few names that tensors need; any other opcode or
 * name is refused. No Python runs, and no value is larger than the bytes that describe it.
 *
 * @throws Error naming what is refused; PickleCut when the bytes end first
 */
export function unpickle(bytes: Uint8Array, start = 0): Unpickled {
  return new Machine(bytes, start).run();
}

const mark = Symbol('mark');

/** Opcodes that make a list, a tuple, a dictionary or an object. */
const containers = new Set([0x5d, 0x29, 0x7d, 0x6c, 0x74, 0x85, 0x86, 0x87, 0x64, 0x63, 0x93, 0x52, 0x81, 0x51]);

/** The stack machine of Python's `pickletools`; the method names of `run` are the opcodes' names there. */
class Machine {
  private readonly buffer: Buffer;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();
  private readonly storages = new Map<string, Storage>();
  private containerCount = 0;

  constructor(
    bytes: Uint8Array,
    private position: number,
  ) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): Unpickled {
    while (true) {
      const opcode = this.uint(1);
      if (opcode === 0x2e) return { value: this.pop(), end: this.position, storages: this.storages }; // STOP
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    const { stack } = this;
    if (containers.has(opcode) && ++this.containerCount > maxContainers) {
      throw new Error(`the pickle holds more than ${maxContainers} lists and dictionaries`);
    }
    switch (opcode) {
      case 0x80: {
        // PROTO
        const protocol = this.uint(1);
        if (protocol > 5) throw new Error(`the pickle has protocol ${protocol}; 2 to 5 are read`);
        return;
      }
      case 0x95: // FRAME
        return void this.take(8);
      case 0x28: // MARK
        return void stack.push(mark);
      case 0x30: // POP
        return void this.pop();
      case 0x31: // POP_MARK
        return void this.popToMark();
      case 0x4e: // NONE
        return void stack.push(null);
      case 0x88: // NEWTRUE
        return void stack.push(true);
      case 0x89: // NEWFALSE
        return void stack.push(false);
      case 0x4a: // BININT
        return void stack.push(this.take(4).readInt32LE());
      case 0x4b: // BININT1
        return void stack.push(this.uint(1));
      case 0x4d: // BININT2
        return void stack.push(this.uint(2));
      case 0x8a: // LONG1
        return void stack.push(this.long(this.uint(1)));
      case 0x8b: // LONG4
        return void stack.push(this.long(this.uint(4)));
      case 0x47: // BINFLOAT
        return void stack.push(this.take(8).readDoubleBE());
      case 0x58: // BINUNICODE
        return void stack.push(this.utf8(this.uint(4)));
      case 0x8c: // SHORT_BINUNICODE
        return void stack.push(this.utf8(this.uint(1)));
      case 0x8d: // BINUNICODE8
        return void stack.push(this.utf8(this.uint8()));
      case 0x54: // BINSTRING, of Python 2
        return void stack.push(this.take(this.uint(4)).toString('latin1'));
      case 0x55: // SHORT_BINSTRING, of Python 2
        return void stack.push(this.take(this.uint(1)).toString('latin1'));
      case 0x42: // BINBYTES
        return void stack.push(this.take(this.uint(4)));
      case 0x43: // SHORT_BINBYTES
        return void stack.push(this.take(this.uint(1)));
      case 0x8e: // BINBYTES8
        return void stack.push(this.take(this.uint8()));
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        return void stack.push([]);
      case 0x7d: // EMPTY_DICT
        return void stack.push(new Map());
      case 0x6c: // LIST
      case 0x74: // TUPLE
        return void stack.push(this.popToMark());
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return void stack.push(this.popMany(opcode - 0x84));
      case 0x64: // DICT
        return this.pushDict();
      case 0x61: // APPEND
        return this.append([this.pop()]);
      case 0x65: // APPENDS
        return this.append(this.popToMark());
      case 0x73: // SETITEM
        return this.setItems(this.popMany(2));
      case 0x75: // SETITEMS
        return this.setItems(this.popToMark());
      case 0x71: // BINPUT
        return void this.memo.set(this.uint(1), this.top());
      case 0x72: // LONG_BINPUT
        return void this.memo.set(this.uint(4), this.top());
      case 0x94: // MEMOIZE
        return void this.memo.set(this.memo.size, this.top());
      case 0x68: // BINGET
        return this.recall(this.uint(1));
      case 0x6a: // LONG_BINGET
        return this.recall(this.uint(4));
      case 0x63: // GLOBAL
        return void stack.push(resolveGlobal(this.line(), this.line()));
      case 0x93: // STACK_GLOBAL
        return this.stackGlobal();
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callee, args] = this.popMany(2);
        return void stack.push(callGlobal(callee, args));
      }
      case 0x62: // BUILD: attributes of a dictionary, options or tensor, none of which is needed
        this.pop();
        return void this.top();
      case 0x51: // BINPERSID
        return this.persistent();
      default:
        throw new Error(`refused the pickle opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${this.position - 1}`);
    }
  }

  private take(count: number): Buffer {
    if (this.position + count > this.buffer.length) throw new PickleCut();
    this.position += count;
    return this.buffer.subarray(this.position - count, this.position);
  }

  private uint(size: 1 | 2 | 4): number {
    return this.take(size).readUIntLE(0, size);
  }

  private uint8(): number {
    return Number(this.take(8).readBigUInt64LE()); // beyond 2^53 it lies outside the bytes anyway
  }

  private utf8(size: number): string {
    return this.take(size).toString('utf8');
  }

  private line(): string {
    const end = this.buffer.indexOf(0x0a, this.position);
    if (end < 0) throw new PickleCut();
    return this.take(end + 1 - this.position)
      .toString('utf8')
      .slice(0, -1);
  }

  /** Two's complement, little-endian. */
  private long(size: number): number | bigint {
    if (size > maxIntegerBytes) throw new Error(`the pickle holds an integer of ${size} bytes; at most ${maxIntegerBytes} are read`);
    const bytes = this.take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    value = BigInt.asIntN(8 * size, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  private top(): unknown {
    if (this.stack.length === 0 || this.stack.at(-1) === mark) throw new Error('the pickle takes a value from an empty stack');
    return this.stack.at(-1);
  }

  private pop(): unknown {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  private popMany(count: number): unknown[] {
    const values = Array.from({ length: count }, () => this.pop());
    return values.reverse();
  }

  private popToMark(): unknown[] {
    const start = this.stack.lastIndexOf(mark);
    if (start < 0) throw new Error('the pickle ends a group that it did not begin');
    const values = this.stack.splice(start);
    values.shift();
    return values;
  }

  private append(values: readonly unknown[]): void {
    const target = this.top();
    if (!Array.isArray(target)) throw new Error('the pickle appends to something that is not a list');
    for (const value of values) target.push(value);
  }

  private pushDict(): void {
    const items = this.popToMark();
    this.stack.push(new Map());
    this.setItems(items);
  }

  private setItems(items: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Map) || items.length % 2 !== 0) throw new Error('the pickle sets items of something that is not a dictionary');
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  }

  private recall(index: number): void {
    if (!this.memo.has(index)) throw new Error(`the pickle recalls ${index}, which it did not keep`);
    this.stack.push(this.memo.get(index));
  }

  private stackGlobal(): void {
    const [module, name] = this.popMany(2);
    if (typeof module !== 'string' || typeof name !== 'string') throw new Error('the pickle names a class by something that is not text');
    this.stack.push(resolveGlobal(module, name));
  }

  private persistent(): void {
    const storage = resolveStorage(this.pop());
    const known = this.storages.get(storage.key);
    if (known && (known.count !== storage.count || known.dtype !== storage.dtype)) {
      throw new Error(`storage ${storage.key.slice(0, 100)} is described in two ways`);
    }
    this.storages.set(storage.key, storage);
    this.stack.push(storage);
  }
}
