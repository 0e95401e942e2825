// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { playCase } from '../../src/bench/play.js';
import type { Case } from '../../src/bench/cases.js';
import { clockRun } from '../../src/bench/clocked-run.js';
import { clockSettings } from '../../src/cli/clock-options.js';
import { CAUSE } from '../../src/cycles/causes.js';
import { Processor, type ProcessorOptions } from '../../src/cycles/processor.js';
import type { CpuProfile, RemoteNode } from '../../src/cycles/profile.js';
import { remoteMemory, type RemoteMemory } from '../../src/cycles/remote-memory.js';
import { benchCsv, benchText } from '../../src/report/bench-text.js';
import { startRun } from '../../src/scenario/runner.js';
import { scenario } from '../scenarios.js';

/** Memory of another node, and a kernel under nested paging. */

const PROFILES = ARCHITECTURES.flatMap(({ cpus }): readonly CpuProfile[] => cpus);
const cpu = (name: string): CpuProfile => PROFILES.find((profile) => profile.name === name)!;
const genoa = cpu('genoa-9654');
const node = (name: string): RemoteNode => genoa.remote!.find((each) => each.name === name)!;

const ADDED = 2 ** 32;
/** A block that holds its own memmap, and is set online. */
const OWN_MEMMAP = scenario({
  machine: { arch: 'x86_64', memmapOnMemory: 'y' },
  steps: [
    { op: 'add-memory', start: '0x100000000', size: '128M' },
    { op: 'online', start: '0x100000000', size: '128M', type: 'movable' },
  ],
});

/** Cycles of some accesses by themselves. */
function cyclesOf(options: ProcessorOptions, happens: (processor: Processor) => void): number {
  const processor = new Processor(options);
  happens(processor);
  return processor.clock.cycles;
}

describe('memory of another node', () => {
  const REMOTE = 2 ** 33;
  const remote: RemoteMemory = { holds: (pa) => pa >= REMOTE, holdsTables: true, latency: 2, stream: 3 };

  test('answers a load so many times later than that of the CPU’s own, and caches hold its lines like any others', () => {
    const processor = new Processor({ profile: genoa, remote });
    const load = (pa: number): number => {
      const before = processor.clock.cycles;
      processor.load(CAUSE.walk, pa, 8);
      return processor.clock.cycles - before;
    };
    // The page is known from the first load of each.
    for (const pa of [2 ** 32, REMOTE]) load(pa);
    expect(load(2 ** 32 + 64)).toBe(genoa.memory.value);
    expect(load(REMOTE + 64)).toBe(2 * genoa.memory.value);
    expect(load(REMOTE + 64)).toBe(genoa.caches[0]!.latency.value);
    expect([REMOTE + 64, REMOTE + 4096, 2 ** 32 + 4096].map((pa) => processor.serverOf(pa))).toEqual([0, 4, 3]);
  });

  test('is streamed at a rate that is lower by the figure of a core’s lines under way', () => {
    const scan = (pa: number) => (processor: Processor) =>
      processor.streamLinear(CAUSE.scan, genoa.scan, pa, 2 ** 20, 'memchr_inv');
    const walk = genoa.tlb.walk.value + genoa.tlb.secondHit.value;
    const near = cyclesOf({ profile: genoa, remote }, scan(2 ** 32));
    expect(cyclesOf({ profile: genoa, remote }, scan(REMOTE)) - walk).toBe(3 * (near - walk));
    expect(cyclesOf({ profile: genoa }, scan(REMOTE))).toBe(near);
  });

  test('on a core that does not wait: stores, loads, cold starts and cold tables', () => {
    const guest = cpu('genoa-guest');
    const { storeMiss, coldTableLine } = guest.throughput!;
    const missed = storeMiss.at(-1)!.value;
    const more = (happens: (processor: Processor) => void): number =>
      cyclesOf({ profile: guest, remote: { ...remote, holds: () => true } }, happens) -
      cyclesOf({ profile: guest }, happens);
    const line = 64 / guest.scan.rates.at(-1)!.value;
    expect(more((p) => p.store(CAUSE.entry, 2 ** 33, 8))).toBeCloseTo(2 * missed, 9);
    expect(more((p) => p.load(CAUSE.walk, 2 ** 33, 8))).toBeCloseTo(2 * line, 9);
    expect(more((p) => p.streamLinear(CAUSE.scan, guest.scan, 2 ** 33, 4096, 'memchr_inv'))).toBeCloseTo(
      guest.scan.coldStart!.value + 2 * 64 * line,
      9,
    );
    expect(more((p) => p.stream(CAUSE.scan, guest.fillLoop, 0, 0, 2 ** 33, 4096, 'memset'))).toBeCloseTo(
      coldTableLine.value,
      9,
    );
  });

  test('is the page allocator’s, too, unless the node has none to give: then only what comes from an altmap lies there', () => {
    const { kernel } = startRun(OWN_MEMMAP);
    const taken = kernel.allocator.allocPages(0) * kernel.pageSize;
    const socket = remoteMemory(kernel, node('other socket'));
    const cxl = remoteMemory(kernel, node('CXL'));
    expect([taken, ADDED].map(socket.holds)).toEqual([true, true]);
    expect([taken, ADDED].map(cxl.holds)).toEqual([false, true]);
    expect([socket.holdsTables, cxl.holdsTables]).toEqual([true, false]);
    // A rate of its own was measured for one thread that reads the expander; else it is the latency's.
    expect([socket.stream, cxl.stream]).toEqual([1.87, 2.65]);
  });
});

describe('nested paging', () => {
  const nested = (genoa.tlb.nested as { value: number }).value;
  const { walk, secondHit } = genoa.tlb;
  const PMD = 2 ** 21;
  const scanned = (leaf: number | undefined): number =>
    cyclesOf({ profile: genoa, nested: leaf }, (processor) =>
      // Nothing is read, so that translations remain.
      processor.stream(CAUSE.scan, { rates: genoa.scan.rates }, 2 ** 33, PMD, 2 ** 40, PMD, 'memchr_inv'),
    );

  test('makes a walk so many times as long, and a TLB keeps no more of a leaf than the second stage maps at once', () => {
    const native = scanned(undefined);
    const once = secondHit.value + walk.value;
    const twice = secondHit.value + walk.value * nested;
    expect(scanned(2 ** 30)).toBeCloseTo(native - once + twice, 6);
    expect(scanned(PMD)).toBeCloseTo(native - once + twice, 6);
    expect(scanned(4096)).toBeCloseTo(native - once + 512 * twice, 6);
  });

  test.each(PROFILES.filter(({ tlb }) => typeof tlb.nested !== 'object'))('has no figure for $name', (profile) => {
    expect(() => new Processor({ profile, nested: PMD })).toThrow(profile.name);
  });
});

describe('what was asked for', () => {
  const populate: Case = { name: 'x', machine: { arch: 'x86_64' }, sections: 4, portion: 'section', charged: 'add' };
  const plain = playCase(populate, { cpu: genoa });

  test('is in the result beside the cycles without it, and nothing is where nothing was', () => {
    const far = playCase(populate, { cpu: genoa, node: node('other socket'), nested: 4096 });
    expect(far).toMatchObject({ node: 'other socket', nestedLeaf: 4096, plainCycles: plain.cycles });
    expect(far.cycles).toBeGreaterThan(plain.cycles);
    expect(Object.keys(plain)).not.toContain('plainCycles');
    const suite = { name: 's', title: 't', rows: [far] };
    expect(benchText([suite])).toContain((far.cycles / plain.cycles).toFixed(2));
    expect(benchCsv([suite]).split('\n')[1]).toMatch(new RegExp(`"other socket",4096,${plain.cycles}$`));
    expect(benchCsv([{ ...suite, rows: [plain] }]).split('\n')[0]).not.toContain('plainCycles');
  });

  test('keeps the ends of its range: a dear distance is dearer', () => {
    const sapphire = cpu('sapphire-rapids-8480');
    const [cheap, dear] = (['cheap', 'dear'] as const).map((end) => {
      const prices = { cpu: sapphire, end };
      const far = playCase(populate, { ...prices, node: sapphire.remote!.find(({ name }) => name === 'other socket') });
      return far.cycles / playCase(populate, prices).cycles;
    });
    expect(dear).toBeGreaterThan(cheap!);
  });

  test('a block that holds its own memmap on a node of memory alone is populated as ever and initialised later', () => {
    const steps = (where?: RemoteNode) =>
      clockRun(OWN_MEMMAP, { profile: genoa, node: where }).steps.map(({ cycles }) => cycles);
    const [added, online] = steps();
    const [addedFar, onlineFar] = steps(node('CXL'));
    expect(addedFar).toBe(added);
    expect(onlineFar! / online!).toBeGreaterThan(2);
    expect(onlineFar! / online!).toBeLessThan(node('CXL').stream!.value);
  });

  test('a profile from a file plays the cases of the one that it is made from', () => {
    expect(playCase(populate, { cpu: { ...genoa, name: 'mine', base: genoa.name } })).toEqual({
      ...plain,
      cpu: 'mine',
    });
  });

  test.each([
    [{ cpu: 'genoa-9654', nodeDistance: '10' }, undefined],
    [{ cpu: 'genoa-9654', nodeDistance: '32' }, 'other socket'],
    [{ cpu: 'icelake-8358', nodeDistance: '21' }, 'other socket'],
    [{ cpu: 'sapphire-rapids-8480', nodeDistance: '14' }, 'CXL'],
  ])('%o is the node %s', (options, name) => {
    expect(clockSettings(options).node?.name).toBe(name);
  });

  test.each([
    [
      { nodeDistance: '21' },
      '--node-distance is 21 and --cpu is not given; allowed is it with a --cpu of icelake-8358',
    ],
    [{ cpu: 'power9', nodeDistance: '40' }, '--node-distance is 40 and power9 has no figure of another node; allowed'],
    [
      { cpu: 'genoa-9654', nodeDistance: '21' },
      '--node-distance is 21; allowed for genoa-9654 are 10 (its own node), 12 (same socket), 20 or 32 (other socket), 50 (CXL)',
    ],
    [{ cpu: 'genoa-9654', nested: '4k' }, '--nested is "4k"; allowed are 4K, 2M, 1G; did you mean "4K"?'],
    [{ nested: '2M' }, '--nested is 2M and --cpu is not given; allowed is it with a --cpu of icelake-8358, '],
    [{ cpu: 'z15', nested: '2M' }, '--nested is 2M and z15 has no figure of walks under nested paging; allowed is it'],
    [
      { cpu: 'genoa-guest', nested: '2M' },
      '--nested is 2M and walks of genoa-guest were measured with what ran below the kernel, which is inside; allowed',
    ],
  ])('%o is answered with a sentence', (options, sentence) => {
    expect(() => clockSettings(options)).toThrow(sentence);
  });
});
