// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { CacheHierarchy } from '../../src/cycles/cache.js';
import { DataTlb } from '../../src/cycles/tlb.js';
import { figuresOf } from '../../src/cycles/profile.js';

const CPUS = ARCHITECTURES.flatMap(({ name, cpus }) => cpus.map((profile) => ({ arch: name, profile })));

test('every architecture has two CPUs at least, and no name stands for two', () => {
  for (const { cpus } of ARCHITECTURES) expect(cpus.length).toBeGreaterThanOrEqual(2);
  expect(new Set(CPUS.map(({ profile }) => profile.name)).size).toBe(CPUS.length);
});

describe.each(CPUS)('$profile.name', ({ profile }) => {
  test('has a source for every figure, and a value between the ends of its range', () => {
    const figures = figuresOf(profile);
    expect(figures.length).toBeGreaterThan(40);
    for (const { name, value, source, range } of figures) {
      expect(source.length, name).toBeGreaterThan(3);
      expect(value, name).toBeGreaterThanOrEqual(range?.[0] ?? 0);
      expect(value, name).toBeLessThanOrEqual(range?.[1] ?? Infinity);
    }
  });

  test('has a rate for each cache and for memory in every loop', () => {
    for (const stream of [profile.zero, profile.fillLoop, profile.scan, profile.fillString ?? profile.zero]) {
      expect(stream.rates).toHaveLength(profile.caches.length + 1);
    }
  });

  test('has caches that are larger and slower the further out they are, and TLBs that can be built', () => {
    const latencies = [...profile.caches.map(({ latency }) => latency.value), profile.memory.value];
    expect(latencies).toEqual([...latencies].sort((a, b) => a - b));
    expect(() => new CacheHierarchy(profile.caches, profile.lineSize)).not.toThrow();
    expect(() => new DataTlb(profile.tlb.first, profile.tlb.second)).not.toThrow();
  });
});
