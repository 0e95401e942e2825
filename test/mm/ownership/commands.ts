// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect } from 'vitest';
import { takeSnapshot, type Snapshot } from '../../../src/check/snapshot.js';
import { PageTable } from '../../../src/hardware/page-table.js';
import { EBUSY, EEXIST, ENOMEM, EPERM } from '../../../src/kernel/errno.js';
import { entryText, isMishap } from '../../../src/kernel/log.js';
import { altmapsOf, runStep, startRun, type Run } from '../../../src/scenario/runner.js';
import type { Step } from '../../../src/scenario/scenario.js';
import type { ScenarioInput } from '../../../src/scenario/schema.js';
import { scenario } from '../../scenarios.js';
import { exceptionOf, needsMemory } from './exceptions.js';
import {
  add,
  BOOT,
  leavesOf,
  numbers,
  overlaps,
  ownersOf,
  pieceOf,
  presentSubsections,
  remove,
  SUBSECTION_SIZE,
  SYSTEM,
  type Added,
  type Altmap,
  type Model,
  type Owner,
} from './model.js';
import { BASE, BLOCK_PIECES, BOOT_PIECE, PAGE_PIECES, PIECES, type Range, type World } from './worlds.js';

/** What may happen to the memory of a world, and what the kernel must look like afterwards. */

/** The kernel, and the switch that makes every allocation fail. */
export interface Real {
  readonly run: Run;
  readonly shortage: { on: boolean };
}

type Command = fc.Command<Model, Real>;

/** Pages that a driver keeps for itself at the start of a device. */
const RESERVE = 2;

/** A piece, its halves, and subsections at either end of it. */
function rangesOf(world: World): Range[] {
  const subsection = SUBSECTION_SIZE / world.pageSize;
  return PAGE_PIECES.flatMap((piece) => {
    const { pfn, nrPages } = pieceOf(world, piece);
    return [
      { pfn, nrPages },
      { pfn, nrPages: nrPages / 2 },
      { pfn: pfn + nrPages / 2, nrPages: nrPages / 2 },
      { pfn, nrPages: subsection },
      { pfn: pfn + subsection, nrPages: subsection },
      { pfn: pfn + nrPages - subsection, nrPages: subsection },
    ];
  });
}

/** Pages of altmap that a range asks for at most: a leaf more, since a leaf is aligned. */
const roomFor = (world: World, range: Range): number =>
  ((leavesOf(world, range).length + 1) * world.leafSize) / world.pageSize;

/** Ways to add: some parts in one call, with or without an altmap. */
export interface Way {
  readonly parts: readonly Range[];
  readonly altmap: Altmap | null;
  readonly reserve: number;
}

const spanOf = (parts: readonly Range[]): Range => ({
  pfn: parts[0]!.pfn,
  nrPages: parts.reduce((sum, { nrPages }) => sum + nrPages, 0),
});

export function waysOf(world: World): Way[] {
  const ranges = rangesOf(world);
  const withAltmap = (name: string, parts: readonly Range[], reserve: number): Way[] => {
    const range = spanOf(parts);
    if (roomFor(world, range) > range.nrPages - reserve) return [];
    return [{ parts, altmap: { name, ...range }, reserve }];
  };
  return [
    ...ranges.map((range): Way => ({ parts: [range], altmap: null, reserve: 0 })),
    ...ranges.flatMap((range, i) => withAltmap(`own${i}`, [range], 0)),
    ...ranges.flatMap((range, i) => withAltmap(`reserve${i}`, [range], RESERVE)),
    ...PAGE_PIECES.slice(1).flatMap((piece) =>
      withAltmap(`shared${piece}`, [pieceOf(world, piece - 1), pieceOf(world, piece)], 0),
    ),
  ];
}

/** A kernel that has booted. */
export function bootedKernel(world: World): Real {
  const altmaps: NonNullable<ScenarioInput['altmaps']> = {};
  for (const { altmap, reserve } of waysOf(world)) {
    if (altmap === null) continue;
    const { name, pfn, nrPages } = altmap;
    altmaps[name] = { basePfn: pfn, endPfn: pfn + nrPages - 1, reserve, free: roomFor(world, altmap) };
  }
  const resolved = scenario({
    machine: world.machine,
    altmaps,
    // Never played: it says how far the memory reaches, so that system memory lies behind it.
    steps: [{ op: 'add-pages', pfn: BASE, nrPages: PIECES * world.piecePages }],
  });
  const shortage = { on: false };
  const failAllocations = Object.assign(new Set([0]), { has: () => shortage.on });
  return { run: startRun({ ...resolved, machine: { ...resolved.machine, failAllocations } }), shortage };
}

/** Neighbours of one kind as one line: "first-last owner", pages counted from the first of the world. */
function lines(world: World, owners: ReadonlyMap<number, Owner>): string[] {
  const origin = leavesOf(world, { pfn: BASE, nrPages: 1 })[0]! * (world.leafSize / world.pageSize);
  const runs: { first: number; last: number; owner: Owner }[] = [];
  for (const [page, owner] of [...owners].sort(([a], [b]) => a - b)) {
    const run = runs[runs.length - 1];
    if (run?.last === page - 1 && run.owner === owner) run.last = page;
    else runs.push({ first: page, last: page, owner });
  }
  return runs.map(({ first, last, owner }) => `${first - origin}-${last - origin} ${owner}`);
}

/** Whose the frames behind the vmemmap are, told from the frames that a walk of the tables finds. */
function foundOwners({ run }: Real, inUse: ReadonlySet<Owner>, { leaves, altmaps }: Snapshot): Map<number, Owner> {
  const { allocator, pageSize, vmemmap } = run.kernel;
  const ownerOf = (pfn: number): Owner => {
    if (allocator.isReserved(pfn)) return BOOT;
    if (allocator.owns(pfn)) return allocator.isAllocated(pfn) ? SYSTEM : 'nobody: the frame is free';
    const altmap = altmaps.find(
      ({ name, basePfn, reserve, free }) =>
        inUse.has(name) && pfn >= basePfn + reserve && pfn < basePfn + reserve + free,
    );
    return altmap?.name ?? 'nobody: the frame is of no altmap in use';
  };
  return new Map(
    leaves.flatMap(({ start, size, pa }) =>
      numbers(0, size / pageSize).map((i): [number, Owner] => [
        (start - vmemmap) / pageSize + i,
        ownerOf(pa / pageSize + i),
      ]),
    ),
  );
}

/** Tables that the mapped pages need, and no other. */
function neededTables({ world, leaves, pages }: Model, { run }: Real): Set<string> {
  const { platform, vmemmap } = run.kernel;
  if (platform.table === undefined) throw new TypeError('a world has page tables');
  const needed = new Set<string>();
  for (const { span, mask } of platform.table.levels.slice(1)) {
    const reach = span * (mask + 1);
    const note = (address: number): void => void needed.add(`${Math.floor(address / reach) * reach} of ${reach} bytes`);
    for (const page of pages.keys()) note(vmemmap + page * world.pageSize);
    if (span >= world.leafSize) for (const leaf of leaves.keys()) note(vmemmap + leaf * world.leafSize);
  }
  return needed;
}

function foundTables({ run }: Real, { tables }: Snapshot): Map<string, Snapshot['tables'][number]> {
  const { platform } = run.kernel;
  const { mmu } = platform;
  if (!(mmu instanceof PageTable)) throw new TypeError('a world has page tables');
  return new Map(
    tables.map((table) => {
      const { span, mask } = mmu.table(table.level);
      return [`${table.start} of ${span * (mask + 1)} bytes`, table];
    }),
  );
}

const snapshotOf = ({ run }: Real): Snapshot => takeSnapshot(run.kernel, altmapsOf(run));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What x86_64 says when memory cannot be added (add_pages). */
const ADD_FAILED = 'warn:add_pages';

/**
 * Holds the kernel's tables and books against the model.
 * @param addFailed memory could not be added just now
 */
export function compare(model: Model, real: Real, addFailed = false): void {
  const { world } = model;
  const { kernel } = real.run;
  const found = snapshotOf(real);
  expect(
    kernel.log.take().filter((entry) => isMishap(entry) && !(addFailed && entryText(entry) === ADD_FAILED)),
    'complaints',
  ).toEqual([]);

  const pagesPerSubsection = SUBSECTION_SIZE / world.pageSize;
  const bytes = pagesPerSubsection * world.structPageSize;
  const active = found.active.flatMap(({ start, end }) =>
    numbers((start - kernel.vmemmap) / bytes, (end - kernel.vmemmap) / bytes),
  );
  expect(active, 'subsections').toEqual([...presentSubsections(model)].sort((a, b) => a - b));

  const expected = ownersOf(model);
  const inUse = new Set([...model.added].flatMap(({ altmap }) => altmap?.name ?? []));
  expect(lines(world, foundOwners(real, inUse, found)), 'owners').toEqual(lines(world, expected));

  const owned = (owner: Owner): number => [...expected.values()].filter((each) => each === owner).length;
  for (const { name, alloc } of found.altmaps) {
    if (inUse.has(name)) expect(`${name}: ${alloc}`, 'books').toBe(`${name}: ${owned(name)}`);
  }

  const needed = neededTables(model, real);
  const tables = foundTables(real, found);
  const kept = [...tables].filter(([, table]) => kernel.code.keepsEmptyTable(table)).map(([text]) => text);
  expect([...tables.keys()].sort(), 'tables').toEqual([...new Set([...needed, ...kept])].sort());

  const bootTables = found.tables.filter(({ pa }) => kernel.allocator.isReserved(pa / world.pageSize));
  const ownTables = found.tables.filter((table) => !bootTables.includes(table));
  const tablePages = sum(ownTables.map(({ level }) => kernel.platform.tablePages?.(level) ?? 1));
  expect(found.pagesOut, 'pages of system memory').toBe(owned(SYSTEM) + tablePages);
}

/** "piece 1.5 + 0.5": where a range begins and how long it is, in pieces. */
const describeRange = ({ piecePages }: World, { pfn, nrPages }: Range): string =>
  `piece ${(pfn - BASE) / piecePages} + ${nrPages / piecePages}`;

/** Whether a table is missing that an add needs. */
function lacksTable(model: Model, real: Real, range: Added): boolean {
  const after: Model = {
    ...model,
    added: new Set(model.added),
    leaves: new Map(model.leaves),
    pages: new Map(model.pages),
  };
  add(after, range);
  const tables = foundTables(real, snapshotOf(real));
  return [...neededTables(after, real)].some((table) => !tables.has(table));
}

/** What adding returns: memory that is there cannot come, and what cannot be had is not added. */
function addAnswer(model: Model, real: Real, range: Added): number {
  if ([...model.added].some((other) => overlaps(other, range))) return -EEXIST;
  return model.memoryIsShort && (needsMemory(model, range) || lacksTable(model, real, range)) ? -ENOMEM : 0;
}

/** Whether frames of a range are memmap of memory that is still there: a device that has gone in part. */
const holdsMemmap = ({ added }: Model, range: Range): boolean =>
  [...added].some(({ altmap }) => altmap !== null && overlaps(altmap, range));

function addCommand(world: World, { parts, altmap }: Way, lifted?: string): Command {
  const whole: Added = { ...spanOf(parts), altmap };
  const step: Step = {
    op: 'add-pages',
    pfn: whole.pfn,
    nrPages: whole.nrPages,
    altmap: altmap?.name ?? null,
    vmemmapShift: 0,
    nid: 0,
  };
  return {
    check(model) {
      const isThere = [...model.added].some((other) => overlaps(other, whole));
      // Of a longer range the sections before the one that is there would stay, and an altmap would be used anew.
      const isOne = whole.nrPages <= world.piecePages / world.pieceSections;
      if (isThere) return altmap === null && isOne;
      if (holdsMemmap(model, whole)) return false;
      return exceptionOf(model, { op: 'add', range: whole }, lifted) === undefined;
    },
    run(model, real) {
      const answer = addAnswer(model, real, whole);
      expect(runStep(real.run, step), 'answer').toBe(answer);
      if (answer === 0) {
        add(model, whole);
        model.added.delete(whole);
        for (const part of parts) model.added.add({ ...part, altmap });
        // Frames of a device hold old bytes, and the kernel counts on memmap_init_zone_device() to write them all.
        if (altmap !== null) runStep(real.run, { op: 'use', pfn: whole.pfn, nrPages: whole.nrPages });
      }
      compare(model, real);
    },
    toString: () => `add ${describeRange(world, whole)}${altmap === null ? '' : ` with ${altmap.name}`}`,
  };
}

/** The n-th of what is there and is of no block; undefined if nothing is. */
function pick({ world, added, blocks }: Model, n: number): Added | undefined {
  const boot = pieceOf(world, BOOT_PIECE);
  const ranges = [...added].filter((range) => !overlaps(range, boot) && !blocks.has(range.pfn));
  return ranges[n % ranges.length];
}

function removeCommand(n: number, lifted?: string): Command {
  return {
    check(model) {
      const range = pick(model, n);
      return range !== undefined && exceptionOf(model, { op: 'remove', range }, lifted) === undefined;
    },
    run(model, real) {
      const range = pick(model, n)!;
      const { pfn, nrPages, altmap } = range;
      expect(
        runStep(real.run, { op: 'remove-pages', pfn, nrPages, altmap: altmap?.name ?? null, vmemmapShift: 0 }),
      ).toBeNull();
      remove(model, range);
      compare(model, real);
      // Nothing is taken from an altmap that nobody uses.
      if (altmap === null || [...model.added].some((other) => other.altmap?.name === altmap.name)) return;
      expect(real.run.altmaps.get(altmap.name)!.alloc, 'books').toBe(0);
    },
    toString: () => `remove range ${n}`,
  };
}

function useCommand(n: number): Command {
  return {
    check: (model) => pick(model, n) !== undefined,
    run(model, real) {
      const { pfn, nrPages } = pick(model, n)!;
      expect(runStep(real.run, { op: 'use', pfn, nrPages })).toBeNull();
      compare(model, real);
    },
    toString: () => `use range ${n}`,
  };
}

function shortageCommand(on: boolean): Command {
  return {
    check: ({ memoryIsShort }) => memoryIsShort !== on,
    run(model, real) {
      model.memoryIsShort = on;
      real.shortage.on = on;
    },
    toString: () => (on ? 'memory runs out' : 'memory is there again'),
  };
}

/** A memory block, with its memmap in itself where it may. */
function blockOf(world: World, piece: number, asks: boolean): Added {
  const range = pieceOf(world, piece);
  const own = asks && world.blocksHoldMemmap;
  return { ...range, altmap: own ? { name: `block${range.pfn / range.nrPages}`, ...range } : null };
}

function addBlockCommand(world: World, piece: number, asks: boolean, lifted?: string): Command {
  const range = blockOf(world, piece, asks);
  const { pfn, nrPages } = range;
  return {
    check: (model) => !model.blocks.has(pfn) && exceptionOf(model, { op: 'add', range }, lifted) === undefined,
    run(model, real) {
      const answer = addAnswer(model, real, range);
      const step: Step = {
        op: 'add-memory',
        pfn,
        nrPages,
        memmapOnMemory: asks,
        mergeResource: false,
        offlineInaccessible: false,
        driver: null,
        nid: 0,
        fail: {},
      };
      expect(runStep(real.run, step), 'answer').toBe(answer);
      if (answer === 0) {
        add(model, range);
        model.blocks.set(pfn, { range, online: false });
      }
      compare(model, real, answer !== 0);
    },
    toString: () => `add block ${piece}${asks ? ', which asks for its own memmap' : ''}`,
  };
}

/**
 * What going offline returns: releases of arm64 that split no leaf refuse where the memmap begins or ends inside one. Pages
 * that hold the block's own memmap stay online, so there it begins behind them.
 */
function offlineAnswer({ world, leaves, blocks }: Model, { run }: Real, { pfn, nrPages }: Range): number {
  if (run.scenario.machine.config.arch !== 'arm64' || !run.kernel.traits.arm64OfflineNeedsWholeLeaves) return 0;
  const memmapPages = (nrPages * world.structPageSize) / world.pageSize;
  const first = blocks.get(pfn)!.range.altmap === null ? pfn : pfn + memmapPages;
  const edges = [first, pfn + nrPages].map((edge) => (edge * world.structPageSize) / world.leafSize);
  return edges.some((edge) => !Number.isInteger(edge) && leaves.has(Math.floor(edge))) ? -EPERM : 0;
}

function setBlockCommand(world: World, piece: number, online: boolean): Command {
  const { pfn, nrPages } = pieceOf(world, piece);
  return {
    check: (model) => model.blocks.get(pfn)?.online === !online,
    run(model, real) {
      const step: Step = online
        ? { op: 'online', pfn, nrPages, type: 'movable', fail: {} }
        : { op: 'offline', pfn, nrPages, fail: {} };
      const answer = online ? 0 : offlineAnswer(model, real, { pfn, nrPages });
      expect(runStep(real.run, step), 'answer').toBe(answer);
      if (answer === 0) model.blocks.get(pfn)!.online = online;
      compare(model, real);
    },
    toString: () => `set block ${piece} ${online ? 'online' : 'offline'}`,
  };
}

function removeBlockCommand(world: World, piece: number, lifted?: string): Command {
  const { pfn, nrPages } = pieceOf(world, piece);
  return {
    check(model) {
      const block = model.blocks.get(pfn);
      if (block === undefined) return false;
      return block.online || exceptionOf(model, { op: 'remove', range: block.range }, lifted) === undefined;
    },
    run(model, real) {
      const { range, online } = model.blocks.get(pfn)!;
      expect(runStep(real.run, { op: 'remove-memory', pfn, nrPages, fail: {} }), 'answer').toBe(online ? -EBUSY : 0);
      if (!online) {
        remove(model, range);
        model.blocks.delete(pfn);
      }
      compare(model, real);
    },
    toString: () => `remove block ${piece}`,
  };
}

/** The longest sequence of commands. */
const MAX_COMMANDS = 24;
/** What is there is chosen by number; more are never there at a time. */
const MAX_RANGES = 12;

/**
 * Random commands for a world.
 * @param lifted entry of the catalogue whose exception is not made
 */
export function commandsOf(world: World, lifted?: string): fc.Arbitrary<Iterable<Command>> {
  const number = fc.nat(MAX_RANGES - 1);
  const piece = fc.constantFrom(...BLOCK_PIECES);
  return fc.commands(
    [
      fc.constantFrom(...waysOf(world)).map((way) => addCommand(world, way, lifted)),
      fc
        .constantFrom(...waysOf(world).filter(({ altmap }) => altmap !== null))
        .map((way) => addCommand(world, way, lifted)),
      number.map((n) => removeCommand(n, lifted)),
      number.map(useCommand),
      fc.boolean().map(shortageCommand),
      fc.tuple(piece, fc.boolean()).map(([at, asks]) => addBlockCommand(world, at, asks, lifted)),
      fc.tuple(piece, fc.boolean()).map(([at, online]) => setBlockCommand(world, at, online)),
      piece.map((at) => removeBlockCommand(world, at, lifted)),
    ],
    { maxCommands: MAX_COMMANDS, size: 'max' },
  );
}
