// SPDX-License-Identifier: GPL-2.0-only

import type { Stretch } from '../../events/event.js';
import { sectionsOf } from '../../events/words.js';
import type { Session } from './session.js';

/**
 * The address axis: parts of the vmemmap that the scenario has to do with, end to end; what lies between is a notch. Places on
 * it count from 0, a byte is 1 long.
 */

export interface Part {
  readonly start: number;
  readonly end: number;
  /** Place of its start. */
  readonly at: number;
}

/** Parts nearer to each other than so many of the longest section or leaf are one. */
const NEAR = 2;
/** A range of less than this part of a section is shown by itself. */
const SMALL = 64;
/** Length of a notch, as a part of all. */
const NOTCH = 0.025;

export class Axis {
  readonly parts: readonly Part[];
  readonly length: number;
  readonly notch: number;

  constructor(stretches: readonly Stretch[]) {
    const bytes = stretches.reduce((sum, [start, end]) => sum + end - start, 0);
    this.notch = stretches.length > 1 ? bytes * NOTCH : 0;
    let at = 0;
    this.parts = stretches.map(([start, end], i) => {
      if (i > 0) at += this.notch;
      const part = { start, end, at };
      at += end - start;
      return part;
    });
    this.length = at;
  }

  /** Where an address is; between two parts, the middle of the notch. */
  place(address: number): number {
    for (const { start, end, at } of this.parts) {
      if (address < start) return at - this.notch / 2;
      if (address <= end) return at + (address - start);
    }
    return this.length;
  }

  /** The address at a place. */
  address(place: number): number {
    const part = this.parts.findLast(({ at }) => at <= place) ?? this.parts[0]!;
    return Math.min(part.end, part.start + Math.max(0, place - part.at));
  }
}

/** Addresses that the runs ever have to do with, those of all lanes as the first has them. */
export function touched({ lanes, first }: Session, also: readonly Stretch[]): Stretch[] {
  const { vmemmap, sectionBytes } = first;
  const whole = ([start, end]: Stretch): Stretch => {
    const [from, to] = sectionsOf(first, [start, end]);
    return [vmemmap + from * sectionBytes, vmemmap + (to + 1) * sectionBytes];
  };
  let longest = sectionBytes;
  const all = lanes.flatMap(({ run, shift }): Stretch[] => {
    const leaves = run.recording.leaves.map(({ start, size, count }): Stretch => {
      longest = Math.max(longest, size);
      return [start, start + size * count];
    });
    const given = run.steps.flatMap((step): Stretch[] => (step.given === null ? [] : [step.given]));
    const small = given.filter(([start, end]) => end - start < sectionBytes / SMALL);
    // Of a few struct pages the whole section would be seen and not they.
    const sections = given.filter((stretch) => !small.includes(stretch)).map(whole);
    const blamed = run.findings.flatMap((finding) => finding.blamed);
    return [...leaves, ...sections, ...small, ...blamed].map(([start, end]): Stretch => [start - shift, end - shift]);
  });
  const joined: Stretch[] = [];
  for (const [start, end] of [...all, ...also].sort(([a], [b]) => a - b)) {
    const last = joined[joined.length - 1];
    if (last !== undefined && start - last[1] <= NEAR * longest) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}

/** What of the axis is seen: places, from and to. */
export type View = readonly [from: number, to: number];

/** Addresses as pixels. */
export class Scale {
  constructor(
    readonly axis: Axis,
    readonly view: View,
    readonly left: number,
    readonly right: number,
  ) {}

  get perByte(): number {
    return (this.right - this.left) / (this.view[1] - this.view[0]);
  }

  /** Pixels from the left, not beyond the ends. */
  x(address: number): number {
    const x = this.left + (this.axis.place(address) - this.view[0]) * this.perByte;
    return Math.min(this.right, Math.max(this.left, x));
  }

  sees([start, end]: Stretch): boolean {
    return this.axis.place(end) > this.view[0] && this.axis.place(start) < this.view[1];
  }

  /** Parts that are seen, cut to what is seen of them. */
  parts(): Stretch[] {
    const [from, to] = this.view;
    return this.axis.parts.flatMap(({ start, end, at }): Stretch[] => {
      const a = Math.max(start, start + (from - at));
      const b = Math.min(end, start + (to - at));
      return a < b ? [[a, b]] : [];
    });
  }
}
