// SPDX-License-Identifier: GPL-2.0-only

import v8 from 'node:v8';

/** A compiled module. It can be handed to other threads. */
export type WasmModule = object;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export interface WasmGlobal {
  value: unknown;
}

/** The part of WebAssembly's JavaScript interface that is used here; Node's types leave it to the browser's. */
export const { Module, Instance, validate } = (
  globalThis as unknown as {
    WebAssembly: {
      validate: (bytes: Uint8Array) => boolean;
      Module: new (bytes: Uint8Array) => WasmModule;
      Instance: new (module: WasmModule, imports: Record<string, Record<string, unknown>>) => { exports: unknown };
    };
  }
).WebAssembly;

/** Makes a module of Clang's one that this Node loads. */

/** A module with one 64-bit memory, of no pages. */
const MEMORY64 = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 4, 0);

// 64-bit memories are behind a flag before Node 24, which has no such flag and says so aloud.
if (!validate(MEMORY64)) v8.setFlagsFromString('--experimental-wasm-memory64');

const HEADER_BYTES = 8;
const TABLE_SECTION = 4;

/**
 * The module without its table: LLD gives it 64-bit limits, which Node 20 does not load, and nothing is called through
 * a pointer.
 */
export function loadable(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const parts = [module.subarray(0, HEADER_BYTES)];
  let at = HEADER_BYTES;
  while (at < module.length) {
    const start = at;
    const id = module[at++]!;
    // LEB128: seven bits a byte, the lowest first.
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = module[at++]!;
      size |= (byte & 0x7f) << shift;
      more = (byte & 0x80) !== 0;
    }
    at += size;
    if (id !== TABLE_SECTION) parts.push(module.subarray(start, at));
  }
  return new Uint8Array(Buffer.concat(parts));
}
