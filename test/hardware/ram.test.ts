// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MIXED, PhysicalAddressError, Ram, RamImage } from '../../src/hardware/ram.js';

const FRAME = 4096;
/** Frames that the properties write to; they straddle a chunk border and lie above 2^32. */
const FIRST = 2 ** 33 + 510;
const FRAMES = 4;
const SIZE = FRAMES * FRAME;

const write = fc.record({
  from: fc.integer({ min: 0, max: SIZE - 1 }),
  length: fc.integer({ min: 1, max: SIZE }),
  byte: fc.constantFrom(0, 1, 0xfd),
});

/** Bytes compared at the speed of memory: toEqual() looks at each as a property. */
const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe('RAM', () => {
  test('holds what a plain array of bytes holds', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
        const ram = new Ram(FRAME);
        const model = new Uint8Array(SIZE);
        for (const { from, length, byte } of writes) {
          const end = Math.min(from + length, SIZE);
          ram.memset(FIRST * FRAME + from, byte, end - from);
          model.fill(byte, from, end);
          expect(ram.isFilled(FIRST * FRAME + from, byte, end - from)).toBe(true);
        }
        for (let i = 0; i < FRAMES; i++) {
          expect(isSame(ram.readFrame(FIRST + i), model.slice(i * FRAME, (i + 1) * FRAME))).toBe(true);
        }
        for (const byte of [0, 1, 0xfd]) {
          expect(ram.isFilled(FIRST * FRAME, byte, SIZE)).toBe(model.every((b) => b === byte));
        }
      }),
    );
  });

  test('keeps every word where it was written', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ at: fc.integer({ min: 0, max: SIZE / 4 - 1 }), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
        ),
        (words) => {
          const ram = new Ram(FRAME);
          const model = new Map<number, number>();
          for (const { at, value } of words) {
            ram.words[ram.wordIndex(FIRST * FRAME + at * 4)] = value;
            model.set(at, value);
          }
          for (const [at, value] of model) expect(ram.words[ram.wordIndex(FIRST * FRAME + at * 4)]).toBe(value);
        },
      ),
    );
  });

  test('a frame filled with one byte is uniform, whatever it held before', () => {
    const ram = new Ram(FRAME);
    ram.words[ram.wordIndex(8)] = 7;
    expect(ram.uniformByte(0)).toBe(MIXED);
    ram.memset(0, 0xfd, FRAME);
    expect(ram.uniformByte(0)).toBe(0xfd);
  });

  test('a word is asked anew after its frame was filled, and does not lie where another frame’s does', () => {
    for (const frames of [1, FRAMES]) {
      const ram = new Ram(FRAME);
      ram.words[ram.wordIndex(FIRST * FRAME)] = 7;
      ram.fillFrames(FIRST, frames, 0xfd);
      ram.words[ram.wordIndex((FIRST + 9) * FRAME)] = 8;
      expect(ram.words[ram.wordIndex(FIRST * FRAME)]).toBe(0xfdfdfdfd);
      ram.words[ram.wordIndex(FIRST * FRAME)] = 9;
      expect(ram.words[ram.wordIndex((FIRST + 9) * FRAME)]).toBe(8);
    }
  });

  test('the first word that is not zero is found wherever it is and whichever of its bits it has', () => {
    const bit = fc.integer({ min: 0, max: 31 }).map((shift) => 2 ** shift);
    const place = fc.integer({ min: 0, max: FRAME / 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, bit), { maxLength: 4 }), place, place, (words, a, b) => {
        const ram = new Ram(FRAME);
        const start = ram.wordIndex(0);
        for (const [at, value] of words) if (at < FRAME / 4) ram.words[start + at] = value;
        const [from, to] = [start + Math.min(a, b), start + Math.max(a, b)];
        let expected = from;
        while (expected < to && ram.words[expected] === 0) expected++;
        expect(ram.firstNonZero(from, to)).toBe(expected);
      }),
    );
  });

  test('finds the first entry that is not like the others', () => {
    const ram = new Ram(FRAME);
    const start = ram.wordIndex(FIRST * FRAME);
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), fc.nat(1), (count, unlike, half) => {
        for (let entry = 0; entry < 40; entry++) ram.words.set([7, 0x2000_0000], start + 2 * entry);
        ram.words[start + 2 * unlike + half]! ^= 1;
        const end = start + 2 * count;
        expect(ram.firstUnlike(start, end, 7, 0x2000_0000)).toBe(Math.min(end, start + 2 * unlike));
      }),
    );
  });

  test('one byte that differs is found wherever it is in 2 MiB', () => {
    for (const at of [0, 5 * FRAME + 7, 2 ** 21 - FRAME, 2 ** 21 - 1]) {
      const ram = new Ram(FRAME);
      ram.memset(0, 0xfd, 2 ** 21);
      ram.memset(at, 0, 1);
      expect(ram.isFilled(0, 0xfd, 2 ** 21)).toBe(false);
    }
  });

  test('the memmap of 64 TiB, all of it marked, fits in tens of MiB', () => {
    const ram = new Ram(FRAME);
    const memmap = 2 ** 40;
    ram.memset(2 ** 45, 0xfd, memmap);
    ram.memset(2 ** 45 + memmap / 2, 0, 64);
    expect(ram.isFilled(2 ** 45, 0xfd, memmap / 2)).toBe(true);
    expect(ram.isFilled(2 ** 45, 0xfd, memmap)).toBe(false);
    expect(ram.heapBytes()).toBeLessThan(32 * 2 ** 20);
  });

  test('a frame number of 2^33 is not mistaken for a low one', () => {
    const ram = new Ram(FRAME);
    ram.words[ram.wordIndex(2 ** 33 * FRAME)] = 1;
    expect(ram.uniformByte(0)).toBe(0);
    expect(ram.uniformByte(2 ** 33)).toBe(MIXED);
  });

  test('an address beyond 2^52 is no memory', () => {
    expect(() => new Ram(FRAME).memset(2 ** 52, 1, 1)).toThrow(PhysicalAddressError);
  });

  test('runs tell uniform frames and mixed frames apart', () => {
    const ram = new Ram(FRAME);
    ram.memset(FRAME, 0xfd, FRAME);
    ram.memset(2 * FRAME, 1, 8);
    const runs: number[][] = [];
    ram.forEachRun(0, 4 * FRAME, (offset, length, byte) => runs.push([offset, length, byte]));
    expect(runs).toEqual([
      [0, FRAME, 0],
      [FRAME, FRAME, 0xfd],
      [2 * FRAME, FRAME, MIXED],
      [3 * FRAME, FRAME, 0],
    ]);
  });

  test('puts frames in a row behind each other, and holds the same', () => {
    const rows = fc.record({
      first: fc.integer({ min: 0, max: FRAMES - 1 }),
      count: fc.integer({ min: 1, max: FRAMES }),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(write, rows), { maxLength: 12 }), (steps) => {
        const inRows = new Ram(FRAME);
        const plain = new Ram(FRAME);
        for (const step of steps) {
          if ('from' in step) {
            const { from, length, byte } = step;
            for (const ram of [inRows, plain]) ram.memset(FIRST * FRAME + from, byte, Math.min(length, SIZE - from));
            continue;
          }
          const count = Math.min(step.count, FRAMES - step.first);
          const row = inRows.rowIndex(FIRST + step.first, count);
          for (let i = 0; i < count; i++) {
            const pfn = FIRST + step.first + i;
            expect(inRows.wordIndex(pfn * FRAME)).toBe(row + (i * FRAME) / 4);
          }
        }
        for (let frame = FIRST; frame < FIRST + FRAMES; frame++) {
          expect(isSame(inRows.readFrame(frame), plain.readFrame(frame))).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('rows that come and go take the place of those that went', () => {
    const ram = new Ram(FRAME);
    for (let i = 0; i < 200; i++) {
      ram.wordIndex(FIRST * FRAME + 2 * FRAME);
      ram.rowIndex(FIRST, FRAMES);
      ram.fillFrames(FIRST, FRAMES, 0);
    }
    expect(ram.words.length).toBeLessThanOrEqual((64 * FRAME) / 4);
  });

  test('leaves the bytes of a frame where they are while somebody has a pointer to them, and holds the same', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
        const held = new Ram(FRAME);
        const free = new Ram(FRAME);
        const place = held.wordIndex(FIRST * FRAME + FRAME);
        held.holdFrames();
        for (const { from, length, byte } of writes) {
          for (const ram of [held, free]) ram.memset(FIRST * FRAME + from, byte, Math.min(length, SIZE - from));
          expect(held.wordIndex(FIRST * FRAME + FRAME)).toBe(place);
        }
        held.releaseFrames();
        for (let frame = FIRST; frame < FIRST + FRAMES; frame++) {
          expect(isSame(held.readFrame(frame), free.readFrame(frame))).toBe(true);
          if (free.uniformByte(frame) !== MIXED)
            expect([free.uniformByte(frame), MIXED]).toContain(held.uniformByte(frame));
        }
      }),
    );
  });

  test('where the words of a frame lie holds until it says that frames have moved', () => {
    const change = fc.oneof(
      write,
      fc.record({ row: fc.integer({ min: 1, max: FRAMES }) }),
      fc.record({ image: fc.constantFrom('capture', 'load') }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const ram = new Ram(FRAME);
        const image = new RamImage();
        const told = new Map<number, number>();
        ram.capture(image);
        let { moves } = ram;
        for (const made of changes) {
          if ('row' in made) ram.rowIndex(FIRST, made.row);
          else if ('image' in made) ram[made.image](image);
          else ram.memset(FIRST * FRAME + made.from, made.byte, Math.min(made.length, SIZE - made.from));
          if (ram.moves !== moves) told.clear();
          ({ moves } = ram);
          for (const [frame, place] of told) expect(ram.wordIndex(frame * FRAME)).toBe(place);
          told.set(FIRST + 1, ram.wordIndex((FIRST + 1) * FRAME));
          told.set(FIRST + 2, ram.wordIndex((FIRST + 2) * FRAME));
        }
      }),
    );
  });

  test('is what an image was made of once it is gone back to, and says what was touched since then', () => {
    const image = fc.integer({ min: 0, max: 2 });
    const change = fc.oneof(
      write,
      fc.record({ word: fc.nat(SIZE / 4 - 1), value: fc.nat(3) }),
      fc.record({ row: fc.integer({ min: 1, max: FRAMES }) }),
      fc.record({ copied: fc.nat(FRAMES - 1), to: fc.nat(FRAMES - 1) }),
      fc.record({ elsewhere: fc.nat(SIZE / 4 - 1), value: fc.nat(3) }),
      fc.record({ capture: image }),
      fc.record({ load: image }),
    );
    const bytesOf = (ram: Ram): Uint8Array[] => Array.from({ length: FRAMES }, (_, f) => ram.readFrame(FIRST + f));
    const contents = (ram: Ram): number[] => Array.from({ length: FRAMES }, (_, f) => ram.contentOf(FIRST + f));
    fc.assert(
      fc.property(fc.array(change, { minLength: 4, maxLength: 30 }), (changes) => {
        const ram = new Ram(FRAME);
        const images = [0, 1, 2].map(() => {
          const made = { image: new RamImage(), bytes: bytesOf(ram), contents: contents(ram) };
          ram.capture(made.image);
          return made;
        });
        let like = images[2]!;
        for (const made of changes) {
          if ('capture' in made) {
            like = images[made.capture]!;
            ram.capture(like.image);
            like.bytes = bytesOf(ram);
          } else if ('load' in made) {
            like = images[made.load]!;
            ram.load(like.image);
            expect(bytesOf(ram).every((bytes, f) => isSame(bytes, like.bytes[f]!))).toBe(true);
          } else if ('row' in made) ram.rowIndex(FIRST, made.row);
          else if ('copied' in made) ram.copyFrame(FIRST + made.to, FIRST + made.copied);
          else if ('word' in made) ram.words[ram.wordIndex(FIRST * FRAME + made.word * 4)] = made.value;
          else if ('from' in made) {
            ram.memset(FIRST * FRAME + made.from, made.byte, Math.min(made.length, SIZE - made.from));
          } else if (ram.uniformByte(FIRST + Math.floor((made.elsewhere * 4) / FRAME)) === MIXED) {
            // Code that runs elsewhere does not ask where a frame lies that it has a pointer to.
            const at = ram.readIndex(FIRST * FRAME + made.elsewhere * 4);
            ram.holdFrames();
            ram.words[at] = made.value;
            ram.releaseFrames();
          }
          if ('capture' in made || 'load' in made) like.contents = contents(ram);
          if (!ram.isFrom(like.image.name)) continue;
          bytesOf(ram).forEach((bytes, f) => {
            const content = ram.contentOf(FIRST + f);
            if (content !== like.contents[f] || ram.isTouched(content)) return;
            expect(isSame(bytes, like.bytes[f]!)).toBe(true);
          });
        }
      }),
      { numRuns: 150 },
    );
  });
});
