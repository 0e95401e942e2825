// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { functionTotals } from '../../src/cycles/call-tree.js';
import { CAUSE } from '../../src/cycles/causes.js';
import { EntryLoop } from '../../src/cycles/entry-loop.js';
import { Processor } from '../../src/cycles/processor.js';
import type { CpuProfile } from '../../src/cycles/profile.js';

const PROFILES = ARCHITECTURES.flatMap(({ cpus }): readonly CpuProfile[] => cpus);
const sourced = { confidence: 'estimate', source: 'as small as can be' } as const;

/** The CPU with so few ways and pages that a handful of accesses pushes the other out; base pages make walks read lines of tables. */
const tiny = (profile: CpuProfile, linearLeaf: number): CpuProfile => ({
  ...profile,
  caches: profile.caches.map((cache, i) => ({ ...cache, size: profile.lineSize * 2 * (i + 2) * 2 ** i, ways: i + 2 })),
  tlb: {
    ...profile.tlb,
    first: [{ entries: 3, ways: 3, pageSizes: [4096, 2 ** 21], ...sourced }],
    second: [{ entries: 4, ways: 2, pageSizes: [4096, 2 ** 21], ...sourced }],
    linearMap: { ...profile.tlb.linearMap, leafSize: linearLeaf },
  },
});

/** Where tables lie. */
const TABLES = 2 ** 33;
const profile = fc
  .tuple(
    fc.oneof(fc.constantFrom(...PROFILES), fc.constantFrom(...PROFILES.filter(({ throughput }) => throughput))),
    fc.boolean(),
    fc.constantFrom(4096, 2 ** 21),
  )
  .map(([real, isTiny, leaf]) => (isTiny ? tiny(real, leaf) : real));
/** Memory of another node, by the low bits of its page, and the leaves of a second stage where walks under one are known. */
const elsewhere = fc.record({
  remote: fc.option(
    fc.record({
      holds: fc.constantFrom(
        () => true,
        (pa: number) => (pa / 2 ** 20) % 2 < 1,
      ),
      holdsTables: fc.boolean(),
      latency: fc.constantFrom(1.5, 3),
      stream: fc.constantFrom(1.5, 2),
    }),
    { nil: undefined },
  ),
  leaf: fc.constantFrom(undefined, 4096, 2 ** 21),
});
const optionsOf = (
  profile: CpuProfile,
  { remote, leaf }: typeof elsewhere extends fc.Arbitrary<infer T> ? T : never,
) => ({
  profile,
  remote,
  nested: typeof profile.tlb.nested === 'object' ? leaf : undefined,
});
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

const seen = ({ clock, bytesTouched, calls }: Processor): unknown => [
  clock.cycles,
  clock.byCause,
  bytesTouched,
  functionTotals(calls.root),
];

test('a loop costs what its turns cost one by one, to the last bit, whatever caches and TLB hold before it', () => {
  fc.assert(
    fc.property(
      profile,
      fc.array(access, { maxLength: 12 }),
      fc.array(access, { minLength: 1, maxLength: 8 }),
      fc.nat(12),
      fc.boolean(),
      elsewhere,
      (cpu, before, turn, times, running, where) => {
        const loop = new Processor(optionsOf(cpu, where));
        const single = new Processor(optionsOf(cpu, where));
        for (const processor of [loop, single]) for (const each of before) play(processor, each);
        loop.clock.running = running;
        single.clock.running = running;
        loop.again(times, () => turn.forEach((each) => play(loop, each)));
        for (let i = 0; i < times; i++) turn.forEach((each) => play(single, each));
        // What comes behind shows whether sets were left as they should be.
        for (const processor of [loop, single]) for (const each of before) play(processor, each);
        expect(seen(loop)).toEqual(seen(single));
      },
    ),
    { numRuns: 150 },
  );
});

/** What a loop does to an entry, and which entries above it reads first. */
const loop = fc.record({
  access: fc.constantFrom('load', 'store', 'storeEntry'),
  more: fc.array(fc.constantFrom('load', 'store', 'storeEntry', 'allocate', 'flush'), { maxLength: 3 }),
  above: fc.uniqueArray(pa, { maxLength: 3 }),
  empties: fc.boolean(),
});
const row = fc.record({
  kind: fc.constant('row' as const),
  loop: fc.nat(1),
  first: fc.nat(600),
  count: fc.integer({ min: 1, max: 600 }),
});

test('a loop over entries of a table costs what its turns cost one by one, to the last bit, also where it is another time', () => {
  fc.assert(
    fc.property(
      profile,
      fc.tuple(loop, loop),
      fc.array(fc.oneof(row, access), { maxLength: 10 }),
      elsewhere,
      (cpu, loops, actions, where) => {
        const whole = new Processor(optionsOf(cpu, where));
        const single = new Processor(optionsOf(cpu, where));
        const turnOf =
          (processor: Processor, { access, more, above, empties }: (typeof loops)[number]) =>
          (at: number): void => {
            for (const entry of above) processor.walkStep(entry, 8);
            for (const kind of [access, ...more]) play(processor, { kind, pa: at, empties });
          };
        const entryLoops = loops.map((each) => new EntryLoop(whole, turnOf(whole, each)));
        for (const action of actions) {
          if (action.kind !== 'row') {
            play(whole, action);
            play(single, action);
            continue;
          }
          const each = loops[action.loop]!;
          const first = TABLES + action.loop * 2 ** 16 + action.first * 8;
          entryLoops[action.loop]!.play(first, action.count, each.above, each.above.length);
          for (let i = 0; i < action.count; i++) turnOf(single, each)(first + i * 8);
        }
        expect(seen(whole)).toEqual(seen(single));
      },
    ),
    { numRuns: 150 },
  );
});

test('a loop whose calls are kept plays each turn', () => {
  const processor = new Processor({ profile: PROFILES[0]!, recordsCalls: true });
  processor.again(5, () => processor.allocate(0));
  expect(processor.calls.calls).toHaveLength(5);
});
