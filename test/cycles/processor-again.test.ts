// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { functionTotals } from '../../src/cycles/call-tree.js';
import { CAUSE } from '../../src/cycles/causes.js';
import { Processor } from '../../src/cycles/processor.js';
import type { CpuProfile } from '../../src/cycles/profile.js';

const PROFILES = ARCHITECTURES.flatMap(({ cpus }): readonly CpuProfile[] => cpus);
const sourced = { confidence: 'estimate', source: 'as small as can be' } as const;

/** The CPU with so few ways and pages that a handful of accesses pushes the other out; base pages make walks read lines of tables. */
const tiny = (profile: CpuProfile, linearLeaf: number): CpuProfile => ({
  ...profile,
  caches: profile.caches.map((cache, i) => ({ ...cache, size: profile.lineSize * 2 * (i + 1) * 2 ** i, ways: i + 1 })),
  tlb: {
    ...profile.tlb,
    first: [{ entries: 2, ways: 2, pageSizes: [4096, 2 ** 21], ...sourced }],
    second: [{ entries: 4, ways: 2, pageSizes: [4096, 2 ** 21], ...sourced }],
    linearMap: { ...profile.tlb.linearMap, leafSize: linearLeaf },
  },
});

const profile = fc
  .tuple(fc.constantFrom(...PROFILES), fc.boolean(), fc.constantFrom(4096, 2 ** 21))
  .map(([real, isTiny, leaf]) => (isTiny ? tiny(real, leaf) : real));
const pa = fc.tuple(fc.nat(7), fc.nat(3)).map(([page, line]) => 2 ** 32 + page * 2 ** 20 + line * 1024);
const access = fc.record({
  kind: fc.constantFrom('load', 'store', 'walkStep', 'storeEntry', 'allocate', 'flush'),
  pa,
  empties: fc.boolean(),
});
type Access = typeof access extends fc.Arbitrary<infer T> ? T : never;

function play(processor: Processor, { kind, pa, empties }: Access): void {
  if (kind === 'load') processor.load(CAUSE.walk, pa, 8);
  else if (kind === 'store') processor.store(CAUSE.entry, pa, 8);
  else if (kind === 'allocate') processor.allocate(0);
  else if (kind === 'flush') processor.flush({ base: { ...processor.profile.clock, value: 0.1 }, empties }, 'flush');
  else processor[kind](pa, 8);
}

test('a loop costs what its turns cost one by one, to the last bit, whatever caches and TLB hold before it', () => {
  fc.assert(
    fc.property(
      profile,
      fc.array(access, { maxLength: 12 }),
      fc.array(access, { minLength: 1, maxLength: 8 }),
      fc.nat(12),
      fc.boolean(),
      (cpu, before, turn, times, running) => {
        const [loop, single] = [false, false].map((recordsCalls) => new Processor({ profile: cpu, recordsCalls })) as [
          Processor,
          Processor,
        ];
        for (const processor of [loop, single]) for (const each of before) play(processor, each);
        loop.clock.running = running;
        single.clock.running = running;
        loop.again(times, () => turn.forEach((each) => play(loop, each)));
        for (let i = 0; i < times; i++) turn.forEach((each) => play(single, each));
        // What comes behind shows whether sets were left as they should be.
        for (const processor of [loop, single]) for (const each of before) play(processor, each);
        const seen = ({ clock, bytesTouched, calls }: Processor): unknown => [
          clock.cycles,
          clock.byCause,
          bytesTouched,
          functionTotals(calls.root),
        ];
        expect(seen(loop)).toEqual(seen(single));
      },
    ),
    { numRuns: 200 },
  );
});

test('a loop whose calls are kept plays each turn', () => {
  const processor = new Processor({ profile: PROFILES[0]!, recordsCalls: true });
  processor.again(5, () => processor.allocate(0));
  expect(processor.calls.calls).toHaveLength(5);
});
