// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';

/**
 * Puts fuel into a module: its code takes some wherever it can come again, at the head of a loop and of a function, and
 * for each call of the host, and traps when there is none left. What does not end is stopped then, after the same number
 * of turns on every machine. The names are those of the WebAssembly specification's binary format.
 */

/** What a turn of a loop or a call of a function takes. */
const TURN = 1;
/** What a call of the host takes: it is slower, and may keep something. */
const HOST_CALL = 128;

/** The export through which the host fills the tank: a mutable i32. */
export const FUEL = 'fuel';
/** What the tank holds at most, and as long as nobody has set it. */
export const FULL = 2 ** 31 - 1;

const HEADER_BYTES = 8;
const SECTION = { import: 2, global: 6, export: 7, code: 10 } as const;
const KIND = { func: 0, table: 1, memory: 2, global: 3 } as const;
const I32 = 0x7f;
const MUTABLE = 1;
const HAS_MAX = 1;
const F64_BYTES = 8;
const F32_BYTES = 4;

const OP = {
  unreachable: 0x00,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  brTable: 0x0e,
  call: 0x10,
  selectTyped: 0x1c,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  f32Const: 0x43,
  f64Const: 0x44,
  i32LtS: 0x48,
  i32Sub: 0x6b,
  prefixed: 0xfc,
} as const;
/** The type of a block that takes and leaves nothing. */
const NO_RESULT = 0x40;

/** How many LEB128 numbers stand behind instructions from one code to another. */
const IMMEDIATES: readonly (readonly [from: number, to: number, numbers: number])[] = [
  [0x00, 0x01, 0], // unreachable, nop
  [0x02, 0x04, 1], // block, loop, if
  [0x05, 0x05, 0], // else
  [0x0b, 0x0b, 0], // end
  [0x0c, 0x0d, 1], // br, br_if
  [0x0f, 0x0f, 0], // return
  [0x10, 0x10, 1], // call
  [0x11, 0x11, 2], // call_indirect
  [0x1a, 0x1b, 0], // drop, select
  [0x20, 0x26, 1], // local., global., table.get and .set
  [0x28, 0x3e, 2], // loads and stores
  [0x3f, 0x42, 1], // memory.size, memory.grow, i32.const, i64.const
  [0x45, 0xc4, 0], // comparisons, arithmetic, conversions
];
/** The same by the number behind the prefix: saturating conversions, then memory.init … table.fill. */
const PREFIXED_IMMEDIATES: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

/** The module cannot be read: it has an instruction that is not known here. */
export class ModuleFormatError extends Error {}

/** Reads a module from a place on. */
class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
  ) {}

  byte(): number {
    return this.bytes[this.at++]!;
  }

  /** LEB128: seven bits a byte, the lowest first. Only what fits a double is read exactly. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  skipNumbers(count: number): void {
    for (let i = 0; i < count; i++) while (this.byte() >= 0x80);
  }

  /** Passes a list of bytes, whose length stands ahead of them. */
  skipBytes(): void {
    const count = this.number();
    this.at += count;
  }
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 0x80;
    rest = Math.floor(rest / 0x80);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

/** The same of a number with a sign, zero or more: its last byte has the sign clear. */
const signedLeb = (value: number): number[] => {
  const bytes = leb(value);
  return bytes.at(-1)! < SIGN ? bytes : [...bytes.slice(0, -1), bytes.at(-1)! | 0x80, 0];
};
const SIGN = 0x40;

function skipLimits(reader: Reader): void {
  const flags = reader.byte();
  reader.skipNumbers((flags & HAS_MAX) === 0 ? 1 : 2);
}

/** How many functions and globals come from the host. */
function readImports(reader: Reader): { funcs: number; globals: number } {
  const found = { funcs: 0, globals: 0 };
  for (let left = reader.number(); left > 0; left--) {
    reader.skipBytes();
    reader.skipBytes();
    const kind = reader.byte();
    if (kind === KIND.func) {
      found.funcs++;
      reader.skipNumbers(1);
    } else if (kind === KIND.global) {
      found.globals++;
      reader.at += 2;
    } else {
      if (kind === KIND.table) reader.byte();
      skipLimits(reader);
    }
  }
  return found;
}

/** Passes an instruction's immediates. @param op its code, which was read */
function skipImmediates(reader: Reader, op: number): void {
  if (op === OP.f32Const) reader.at += F32_BYTES;
  else if (op === OP.f64Const) reader.at += F64_BYTES;
  else if (op === OP.brTable) reader.skipNumbers(reader.number() + 1);
  else if (op === OP.selectTyped) reader.skipBytes();
  else {
    const known =
      op === OP.prefixed
        ? PREFIXED_IMMEDIATES[reader.number()]
        : IMMEDIATES.find(([from, to]) => op >= from && op <= to)?.[2];
    if (known === undefined) throw new ModuleFormatError(`instruction ${hex(op)} at ${reader.at} is not known`);
    reader.skipNumbers(known);
  }
}

/** Takes fuel, and traps if there is none left. */
const take = (fuel: number, cost: number): number[] => [
  ...[OP.globalGet, ...leb(fuel), OP.i32Const, ...signedLeb(cost), OP.i32Sub, OP.globalSet, ...leb(fuel)],
  ...[OP.globalGet, ...leb(fuel), OP.i32Const, ...signedLeb(0), OP.i32LtS],
  ...[OP.if, NO_RESULT, OP.unreachable, OP.end],
];

/** The body of a function with fuel. @param reader at its local variables */
function fuelledBody(reader: Reader, end: number, fuel: number, hostFunctions: number): Uint8Array<ArrayBuffer> {
  const turn = Uint8Array.from(take(fuel, TURN));
  const hostCall = Uint8Array.from(take(fuel, HOST_CALL));
  const parts: Uint8Array[] = [];
  let copied = reader.at;
  const insert = (at: number, code: Uint8Array): void => {
    parts.push(reader.bytes.subarray(copied, at), code);
    copied = at;
  };
  for (let groups = reader.number(); groups > 0; groups--) reader.skipNumbers(2);
  insert(reader.at, turn);
  while (reader.at < end) {
    const start = reader.at;
    const op = reader.byte();
    if (op === OP.call) {
      if (reader.number() < hostFunctions) insert(start, hostCall);
    } else {
      skipImmediates(reader, op);
      if (op === OP.loop) insert(reader.at, turn);
    }
  }
  parts.push(reader.bytes.subarray(copied, end));
  return Buffer.concat(parts);
}

function fuelledCode(reader: Reader, fuel: number, hostFunctions: number): Uint8Array<ArrayBuffer> {
  const count = reader.number();
  const parts = [Uint8Array.from(leb(count))];
  for (let i = 0; i < count; i++) {
    const size = reader.number();
    const end = reader.at + size;
    const body = fuelledBody(reader, end, fuel, hostFunctions);
    parts.push(Uint8Array.from(leb(body.length)), body);
  }
  return Buffer.concat(parts);
}

/** A section that is a list, with one thing more at its end. */
function withOneMore(
  reader: Reader,
  end: number,
  added: readonly number[],
): { count: number; content: Uint8Array<ArrayBuffer> } {
  const count = reader.number();
  const content = Buffer.concat([
    Uint8Array.from(leb(count + 1)),
    reader.bytes.subarray(reader.at, end),
    Uint8Array.from(added),
  ]);
  return { count, content };
}

/**
 * A module whose code takes fuel, and that exports the tank as {@link FUEL}, {@link FULL} as long as nobody sets it. It has globals and exports of its own, as
 * what LLD links does.
 * @throws ModuleFormatError where it has an instruction that is not known
 */
export function fuelled(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const reader = new Reader(module, HEADER_BYTES);
  const parts = [module.subarray(0, HEADER_BYTES)];
  let imports = { funcs: 0, globals: 0 };
  let fuel = 0;
  while (reader.at < module.length) {
    const start = reader.at;
    const id = reader.byte();
    const size = reader.number();
    const end = reader.at + size;
    let content: Uint8Array<ArrayBuffer> | undefined;
    if (id === SECTION.import) imports = readImports(reader);
    else if (id === SECTION.global) {
      const added = withOneMore(reader, end, [I32, MUTABLE, OP.i32Const, ...signedLeb(FULL), OP.end]);
      fuel = imports.globals + added.count;
      content = added.content;
    } else if (id === SECTION.export) {
      const name = [...Buffer.from(FUEL)];
      content = withOneMore(reader, end, [...leb(name.length), ...name, KIND.global, ...leb(fuel)]).content;
    } else if (id === SECTION.code) content = fuelledCode(reader, fuel, imports.funcs);
    reader.at = end;
    if (content === undefined) parts.push(module.subarray(start, end));
    else parts.push(Uint8Array.from([id, ...leb(content.length)]), content);
  }
  return new Uint8Array(Buffer.concat(parts));
}
