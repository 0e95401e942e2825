// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { CacheHierarchy } from '../../src/hardware/cache.js';
import { DataTlb } from '../../src/hardware/tlb.js';
import { figuresOf } from '../../src/cycles/profile.js';
import { vmemmap } from '../cli/cli.js';

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

describe('vmemmap cpu', { timeout: 60_000 }, () => {
  test('prints each figure with unit, confidence and source', () => {
    const { status, stdout } = vmemmap('cpu', 'altra-q80');
    expect(status).toBe(0);
    expect(stdout).toMatch(/flush\.range\.base +1\.68 µs \(1\.56 to 1\.74\) +arithmetic +calibrated: R\. Roberts/);
  });

  test('lists all of them, also as JSON', () => {
    expect(vmemmap('cpu').stdout).toContain('icelake-8358');
    const { schema, cpus } = JSON.parse(vmemmap('cpu', '--json').stdout) as { schema: string; cpus: unknown[] };
    expect(schema).toBe('vmemmap/cpu/v1');
    expect(cpus).toHaveLength(CPUS.length);
  });

  test('says which there are when it knows none of that name', () => {
    expect(vmemmap('cpu', 'i486')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('allowed are') as string,
    });
  });
});
