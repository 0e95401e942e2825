// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  createAlphabet,
  firstPlaces,
  isPossible,
  type Action,
  type Alphabet,
  type AlphabetOptions,
} from '../../src/explore/alphabet.js';
import { readExploration, writeExploration } from '../../src/explore/exploration-file.js';
import { explorationOf } from '../../src/explore/explorer.js';
import { searchAll } from '../../src/explore/search.js';
import { Stepper } from '../../src/explore/stepper.js';
import { PageTable } from '../../src/hardware/page-table.js';
import { BLOCK_ALPHABETS } from './alphabets.js';

const world = (more: Partial<AlphabetOptions> = {}): AlphabetOptions => ({
  machine: { arch: 'x86_64', structPageSize: 64 },
  sections: 2,
  units: ['block'],
  altmaps: ['none', 'own'],
  ...more,
});

/** The action of a name, the n-th of them from 0. */
const actionOf = ({ actions }: Alphabet, op: Action['op'], nth = 0): Action =>
  actions.filter((action) => action.op === op)[nth]!;

/** Plays actions from the start, and tells what may follow and what the fingerprint is. */
function after(alphabet: Alphabet, actions: readonly Action[], stepper = new Stepper(alphabet)) {
  let places = firstPlaces(alphabet, stepper.run.kernel);
  stepper.goOn(places);
  for (const action of actions) {
    ({ places } = stepper.play({ action, failing: 0 }));
    stepper.goOn(places);
  }
  const { hi, lo, renamed } = stepper.before;
  const possible = alphabet.actions.filter((action) => isPossible(alphabet, places, action));
  return { fingerprint: { hi, lo }, renamed, possible: possible.map(({ input }) => input) };
}

const opsOf = (inputs: readonly { op: string }[]): string[] => [...new Set(inputs.map(({ op }) => op))].sort();

describe('the alphabet of memory blocks', () => {
  const alphabet = createAlphabet(world({ sections: 1 }));
  const add = actionOf(alphabet, 'add');
  const online = actionOf(alphabet, 'online');
  const offline = actionOf(alphabet, 'offline');

  test('adds a block that is not there, with its memmap in system memory or in itself', () => {
    expect(after(alphabet, []).possible).toEqual([
      { op: 'add-memory', pfn: 2 ** 26, nrPages: 2 ** 15, memmapOnMemory: false },
      { op: 'add-memory', pfn: 2 ** 26, nrPages: 2 ** 15, memmapOnMemory: true },
    ]);
  });

  test('uses, sets online or removes one that is offline, and only takes one offline that is online', () => {
    expect(opsOf(after(alphabet, [add]).possible)).toEqual(['online', 'remove-memory', 'use']);
    expect(opsOf(after(alphabet, [add, online]).possible)).toEqual(['offline']);
    expect(opsOf(after(alphabet, [add, online, offline]).possible)).toEqual(['online', 'remove-memory', 'use']);
  });

  test('knows a block by what became of it: one whose device could not be registered is not there', () => {
    const failing = createAlphabet(world({ sections: 1, fail: true }));
    const failed = failing.actions.find(({ op, hasFault }) => op === 'add' && hasFault)!;
    expect(opsOf(after(failing, [failed]).possible)).toEqual(['add-memory']);
  });

  test('has places that fail where allocations do, and only those that the release passes', () => {
    const places = (kernel: string, altmaps: AlphabetOptions['altmaps']): string[] => {
      const { actions } = createAlphabet(
        world({ machine: { arch: 'x86_64', kernel }, altmaps, sections: 1, fail: true }),
      );
      return [...new Set(actions.flatMap(({ input }) => ('fail' in input ? Object.keys(input.fail ?? {}) : [])))];
    };
    const always = ['blockAlloc', 'blockRegister', 'blockIndex', 'notifyGoingOnline', 'isolate', 'notifyGoingOffline'];
    expect(places('6.1', ['none', 'own']).sort()).toEqual([...always].sort());
    expect(places('6.12.117', ['none', 'own']).sort()).toEqual(
      [...always, 'altmapAlloc', 'notifyPrepareOnline'].sort(),
    );
    expect(places('6.12.117', ['none']).sort()).toEqual([...always, 'notifyPrepareOnline'].sort());
    expect(alphabet.actions.some(({ hasFault }) => hasFault)).toBe(false);
  });

  test('has nothing that holds its memmap where the release or the command line does not know of it', () => {
    expect(() => createAlphabet(world({ machine: { arch: 'x86_64', kernel: '5.12' }, altmaps: ['own'] }))).toThrow(
      'on 5.12 nothing of that can be added',
    );
    expect(() => createAlphabet(world({ machine: { arch: 'x86_64', memmapOnMemory: 'n' }, altmaps: ['own'] }))).toThrow(
      'nothing of that can be added',
    );
  });

  test('has sections behind the blocks, where both are asked for', () => {
    const { ranges, blocks } = createAlphabet(world({ units: ['block', 'section'] }));
    expect(blocks).toBe(2);
    expect(ranges).toEqual(Array.from({ length: 4 }, (_, i) => ({ pfn: 2 ** 26 + i * 2 ** 15, nrPages: 2 ** 15 })));
  });

  test('begins where it is told to, at a whole block', () => {
    expect(createAlphabet(world({ start: 2 ** 32 })).ranges[0]).toEqual({ pfn: 2 ** 20, nrPages: 2 ** 15 });
    expect(() => createAlphabet(world({ start: 2 ** 32 + 2 ** 21 }))).toThrow(
      'start is 4297064448; allowed are multiples of 134217728 bytes',
    );
  });
});

describe('altmaps of an alphabet', () => {
  test('are not laid over pages that another one has handed out, and that is still in use', () => {
    const alphabet = createAlphabet(world({ units: ['section'], altmaps: ['own', 'shared'] }));
    const [own] = alphabet.actions.filter(({ op, pages }) => op === 'add' && pages.nrPages === 2 ** 15);
    const shared = alphabet.actions.find(({ op, pages }) => op === 'add' && pages.nrPages === 2 ** 16)!;
    const removed = (nth: number): Action =>
      alphabet.actions.filter(({ op, altmap }) => op === 'remove' && altmap === shared.altmap)[nth]!;
    const starts = (...actions: Action[]): unknown[] =>
      after(alphabet, actions).possible.flatMap((input) => (input.op === 'add-pages' ? input.altmap : []));
    const name = own!.input.op === 'add-pages' ? own!.input.altmap : undefined;
    expect(starts()).toContain(name);
    // The second section still has its memmap in the first.
    expect(starts(shared, removed(0))).not.toContain(name);
    expect(starts(shared, removed(0), removed(1))).toContain(name);
  });
});

describe('an exploration that is written down', () => {
  test.each<[string, Partial<AlphabetOptions>]>([
    ['blocks', { sections: 1, fail: true, expect: ['altmap-serves'] }],
    ['devices', { units: ['section'], start: 2 ** 32, sectionBytes: 2 ** 26, compoundSize: 2 ** 21 }],
  ])('goes on with the alphabet that it began with: %s', (_name, more) => {
    const path = join(mkdtempSync(join(tmpdir(), 'exploration-')), 'world');
    const search = searchAll({ fail: false, ...world(more), depth: 3 });
    writeExploration(path, search);
    const read = readExploration(path);
    expect(read.alphabet.actions).toEqual(search.alphabet.actions);
    expect(explorationOf(read).violations).toEqual(explorationOf(search).violations);
  });
});

describe('the fingerprint of memory blocks', () => {
  const worlds = BLOCK_ALPHABETS.map((options) => ({ name: JSON.stringify(options.machine), options }));
  const withTables = worlds.filter(
    ({ options }) => new Stepper(createAlphabet(options)).run.kernel.platform.mmu instanceof PageTable,
  );

  test.each(withTables)('renames frames of system memory, and none else: $name', ({ options }) => {
    const alphabet = createAlphabet(options);
    const one = new Stepper(alphabet);
    const other = new Stepper(alphabet);
    // The page allocator goes on with other frames.
    other.run.kernel.allocator.allocPages(0);
    other.run.kernel.allocator.allocPages(3);
    other.run.kernel.allocator.pagesOut = 0;
    const steps = [actionOf(alphabet, 'add'), actionOf(alphabet, 'online')];
    const a = after(alphabet, steps, one);
    expect(a.renamed).toBe(true);
    expect(after(alphabet, steps, other)).toEqual(a);
  });

  const alphabet = createAlphabet(world({ sections: 1 }));
  const [none, own] = [actionOf(alphabet, 'add'), actionOf(alphabet, 'add', 1)];
  const remove = actionOf(alphabet, 'remove');
  const use = actionOf(alphabet, 'use');
  const [kernelZone, movable] = [actionOf(alphabet, 'online'), actionOf(alphabet, 'online', 1)];
  const fingerprint = (...actions: Action[]): object => after(alphabet, actions).fingerprint;

  test('tells an offline block from an online one, and zones apart', () => {
    expect(fingerprint(none, use)).not.toEqual(fingerprint(none, kernelZone));
    expect(fingerprint(none, kernelZone)).not.toEqual(fingerprint(none, movable));
  });

  test('tells what a block keeps in its memory while it is away', () => {
    expect(fingerprint(own, remove)).not.toEqual(fingerprint(own, use, remove));
  });

  test('is the same where a block went online, offline and away, again and again', () => {
    const cycle = [none, kernelZone, actionOf(alphabet, 'offline'), remove];
    expect(fingerprint(...cycle)).toEqual(fingerprint(...cycle, ...cycle));
  });
});
