// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { addressText } from '../hardware/low-bits.js';
import type { Mishap } from '../kernel/log.js';
import type { FrameRun, KernelEvent, Stretch } from './event.js';
import { PAGE_UNUSED } from './replay.js';

/** Numbers and events as kernel people write them: addresses as they are, offsets and frames in hex with 0x, sizes short. */

export { hex };

/** What a machine's vmemmap looks like: enough to name an address, a section, a frame. */
export interface Geometry {
  /** Hex digits that stand before the 13 of an address. */
  readonly top: string;
  /** Address of the struct page of pfn 0. */
  readonly vmemmap: number;
  readonly structPageSize: number;
  /** Memmap bytes of a section. */
  readonly sectionBytes: number;
  /** Bytes of memory of a section. */
  readonly sectionSize: number;
  readonly pageSize: number;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** @param low low 52 bits of a virtual address, and what carries over them: 64 bits wrap */
export const address = ({ top }: Pick<Geometry, 'top'>, low: number): string => addressText(parseInt(top, 16), low);

/** Bytes with the largest unit of 1024 that keeps them short. */
export function size(bytes: number): string {
  let at = 0;
  while (at < UNITS.length - 1 && bytes >= 1024) {
    bytes /= 1024;
    at++;
  }
  return `${Number(bytes.toFixed(2))} ${UNITS[at]!}`;
}

export const pages = (count: number): string => `${count} ${count === 1 ? 'page' : 'pages'}`;

/** A byte that memory is filled with. */
export const byteText = (byte: number): string => (byte === PAGE_UNUSED ? '0xFD' : byte === 0 ? '0' : hex(byte));

/** Sections that a stretch of memmap has to do with: the first and the last. */
export function sectionsOf({ vmemmap, sectionBytes }: Geometry, [start, end]: Stretch): [first: number, last: number] {
  return [Math.floor((start - vmemmap) / sectionBytes), Math.floor((end - 1 - vmemmap) / sectionBytes)];
}

/** "section 33", "sections 33-35". */
export function sectionText(geometry: Geometry, stretch: Stretch): string {
  const [first, last] = sectionsOf(geometry, stretch);
  return first === last ? `section ${first}` : `sections ${first}–${last}`;
}

/** Frames that struct pages of a stretch describe: the first and the last. */
export function pfnsOf({ vmemmap, structPageSize }: Geometry, [start, end]: Stretch): [first: number, last: number] {
  return [Math.floor((start - vmemmap) / structPageSize), Math.floor((end - 1 - vmemmap) / structPageSize)];
}

/** Frames as text: "frame 0x110400", "frames 0x110400–0x1105ff". */
export function framesText(frames: readonly FrameRun[], blockPages: number): string {
  const [run] = frames;
  if (run === undefined) return '';
  const [first, count, step] = run;
  const more = frames.length > 1 ? ` and ${frames.slice(1).reduce((sum, [, others]) => sum + others, 0)} more` : '';
  if (count === 1) return `frame ${hex(first)}${more}`;
  const last = first + (count - 1) * step;
  const [low, high] = step < 0 ? [last, first] : [first, last];
  return `frames ${hex(low)}–${hex(high + blockPages - 1)}${more}`;
}

/** Text of the emulator with addresses as they are: it knows the low 52 bits of them. */
export const withAddresses = (geometry: Geometry, text: string): string =>
  text.replace(/\b0x([0-9a-f]{13})\b/g, (_low, digits: string) => address(geometry, parseInt(digits, 16)));

/** What an event asks or does, and the answer that it got, where another kernel may get another. */
export interface Said {
  readonly text: string;
  readonly answer?: string;
}

const many = (times: number, one: string, several = `${one}s`): string => (times === 1 ? one : `${times} ${several}`);
const blocks = (times: number, each: number): string => (times === 1 ? pages(each) : `${times} × ${pages(each)}`);

/** What a kernel says that it should never have to, or what a debugging allocator would. A bare WARN() has its function's name. */
function mishapText(mishap: Mishap): string {
  switch (mishap.kind) {
    case 'warn':
      return /^\w+$/.test(mishap.text) ? `WARN in ${mishap.text}()` : `WARN: ${mishap.text}`;
    case 'free-not-allocated':
      return `frame ${hex(mishap.pfn)} was never handed out`;
    case 'double-free':
      return `frame ${hex(mishap.pfn)} is free already`;
    case 'altmap-underflow':
      return `altmap ${mishap.altmap} gets back more than was taken`;
    case 'uninitialised-struct-page':
      return `the struct page of pfn ${hex(mishap.pfn)} was never initialised`;
  }
}

/** An event in words. */
export function say(geometry: Geometry, event: KernelEvent): Said {
  const at = (low: number): string => address(geometry, low);
  const { times } = event;
  switch (event.what) {
    case 'alloc':
      return event.frames.length === 0
        ? { text: `alloc ${blocks(times, event.pages)}`, answer: 'fails' }
        : { text: `alloc ${blocks(times, event.pages)}`, answer: framesText(event.frames, event.pages) };
    case 'free':
      return { text: `free ${blocks(times, event.pages)}`, answer: framesText(event.frames, event.pages) };
    case 'get':
      return { text: 'take a reference', answer: framesText(event.frames, 1) };
    case 'altmap-alloc':
      return {
        text: `altmap ${event.altmap} is asked for ${blocks(times, event.pages)}`,
        answer: event.frames.length === 0 ? 'has no room' : framesText(event.frames, event.pages),
      };
    case 'altmap-free':
      return { text: `${blocks(times, event.pages)} back to altmap ${event.altmap}` };
    case 'set':
      return { text: `set ${many(times, `${event.level} entry`, `${event.level} entries`)} ${at(event.start)}` };
    case 'clear':
      return { text: `clear ${many(times, `${event.level} entry`, `${event.level} entries`)} ${at(event.start)}` };
    case 'memset':
      return { text: `write ${byteText(event.byte)} ${at(event.start)}, ${size(event.end - event.start)}` };
    case 'scan':
      return {
        text: `memchr_inv ${byteText(event.byte)} ${at(event.start)}`,
        answer: event.filled ? `all ${byteText(event.byte)}` : 'other bytes',
      };
    case 'initialise':
      return { text: `initialise struct pages ${at(event.start)}, ${size(event.end - event.start)}` };
    case 'copy':
      return { text: `copy ${many(times, 'page')}`, answer: `frame ${hex(event.from)} to ${hex(event.to)}` };
    case 'flush':
      return { text: event.of === 'all' ? 'flush all of the TLB' : `flush TLB ${at(event.start)}` };
    case 'decide':
      return { text: event.because, answer: event.so };
    case 'warn':
      return { text: times === 1 ? mishapText(event.mishap) : `${mishapText(event.mishap)} (${times} times)` };
    case 'stop':
      return { text: `the kernel stops: ${withAddresses(geometry, event.text)}` };
  }
}
