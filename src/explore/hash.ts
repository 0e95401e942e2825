// SPDX-License-Identifier: GPL-2.0-only

import { highHalf } from '../hardware/word-halves.js';

/** 64 bits that stand for a state. */
export interface Fingerprint {
  /** Bits 32-63 and 0-31. */
  readonly hi: number;
  readonly lo: number;
}

/** Multipliers and addends of MurmurHash3 x86-32 (Austin Appleby, public domain), and a second set for the other half. */
const LANE_LO = { first: 0xcc9e2d51, second: 0x1b873593, add: 0xe6546b64, seed: 0x9747b28c };
const LANE_HI = { first: 0x239b961b, second: 0xab0e9789, add: 0x561ccd1b, seed: 0x38b34ae5 };
const FINAL_FIRST = 0x85ebca6b;
const FINAL_SECOND = 0xc2b2ae35;

function mixLo(a: number, word: number): number {
  const k = Math.imul(word, LANE_LO.first);
  const mixed = a ^ Math.imul((k << 15) | (k >>> 17), LANE_LO.second);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + LANE_LO.add) | 0;
}

function mixHi(b: number, word: number): number {
  const k = Math.imul(word, LANE_HI.first);
  const mixed = b ^ Math.imul((k << 17) | (k >>> 15), LANE_HI.second);
  return (Math.imul((mixed << 19) | (mixed >>> 13), 5) + LANE_HI.add) | 0;
}

/** A hash of 64 bits over words of 32, in two lanes. */
export class Hash {
  private a = 0;
  private b = 0;

  start(): void {
    this.a = LANE_LO.seed;
    this.b = LANE_HI.seed;
  }

  word(word: number): void {
    this.a = mixLo(this.a, word);
    this.b = mixHi(this.b, word);
  }

  /** Four words at once: the same as one after the other, and faster. */
  fourWords(first: number, second: number, third: number, fourth: number): void {
    this.a = mixLo(mixLo(mixLo(mixLo(this.a, first), second), third), fourth);
    this.b = mixHi(mixHi(mixHi(mixHi(this.b, first), second), third), fourth);
  }

  /** A whole number up to 2^53. */
  wide(value: number): void {
    this.word(value | 0);
    this.word(highHalf(value));
  }

  /** The first `length` words, and how many there are. */
  words(words: Int32Array | Uint8Array, length = words.length): void {
    let a = mixLo(this.a, length);
    let b = mixHi(this.b, length);
    for (let i = 0; i < length; i++) {
      const word = words[i]!;
      a = mixLo(a, word);
      b = mixHi(b, word);
    }
    this.a = a;
    this.b = b;
  }

  text(text: string): void {
    this.word(text.length);
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
  }

  /** Bits 0-31, unsigned. */
  get lo(): number {
    return finish(this.a ^ this.b);
  }

  /** Bits 32-63, unsigned. */
  get hi(): number {
    return finish(Math.imul(this.b, LANE_LO.first) + this.a);
  }

  end(): Fingerprint {
    return { lo: this.lo, hi: this.hi };
  }
}

function finish(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, FINAL_FIRST);
  h ^= h >>> 13;
  h = Math.imul(h, FINAL_SECOND);
  return (h ^ (h >>> 16)) >>> 0;
}
