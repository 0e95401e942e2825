// SPDX-License-Identifier: GPL-2.0-only

import emptyMachine from '../../story/empty-machine.json' with { type: 'json' };
import type { Stretch } from '../../events/event.js';
import { hex } from '../../events/words.js';
import type { RunReport } from '../document.js';
import type { Draft, Scenario, ScenarioStep } from './address.js';
import type { Session } from './session.js';

/** What a click on a section does to a scenario. What was plugged is unplugged as what it was. */

export type ToolName = 'section' | 'subsection' | 'block' | 'dimm' | 'device' | 'online' | 'offline';

export interface Tool {
  readonly what: ToolName;
  /** The next allocation fails. */
  readonly fails: boolean;
}

export const EMPTY_DRAFT: Draft = {
  file: { machine: emptyMachine, steps: [] },
  kernels: ['5.12', '6.12.117'],
};

const MIB = 2 ** 20;
const SUBSECTION = 2 * MIB;
const DIMM = 256 * MIB;
/** Sections that can be clicked where nothing is plugged yet. */
const WINDOW = 8;
/** Memory is plugged from here on: boot memory ends below it, and a memmap of any size begins on a leaf. */
const FIRST_BYTE = 2 ** 32;

/** Bytes as a person writes them into a scenario. */
const sizeText = (bytes: number): string | number => (bytes % MIB === 0 ? `${bytes / MIB}M` : bytes);

/** Memmap of the sections that can be clicked: behind what the machine booted with. */
export function windowOf({ vmemmap, sectionBytes, sectionSize, boot }: RunReport): Stretch {
  const booted = Math.max(0, ...boot.online.map(([, end]) => Math.ceil((end - vmemmap) / sectionBytes)));
  const first = Math.max(FIRST_BYTE / sectionSize, booted);
  return [vmemmap + first * sectionBytes, vmemmap + (first + WINDOW) * sectionBytes];
}

/** Memory that a step plugged, bytes. */
interface Plug {
  readonly step: ScenarioStep;
  readonly start: number;
  readonly end: number;
  isOnline: boolean;
}

const PLUGS: ReadonlySet<string> = new Set(['add-pages', 'add-memory', 'memremap-pages', 'create-namespace']);
const UNPLUGS: ReadonlySet<string> = new Set([
  'remove-pages',
  'remove-memory',
  'offline-and-remove-memory',
  'memunmap-pages',
  'destroy-namespace',
]);

const UNITS: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

function bytesOf(value: unknown): number {
  const [, count, unit = ''] = /^(\d+)([kmgt]?)(?:i?b)?$/i.exec(String(value)) ?? [];
  return Number(count) * (UNITS[unit.toLowerCase()] ?? 1);
}

/** The bytes that a step is about. */
function rangeOf(step: ScenarioStep, pageSize: number): [start: number, end: number] | undefined {
  if (step['start'] !== undefined) {
    const start = Number(step['start']);
    return [start, start + bytesOf(step['size'])];
  }
  if (typeof step['pfn'] !== 'number' || typeof step['nrPages'] !== 'number') return undefined;
  return [step['pfn'] * pageSize, (step['pfn'] + step['nrPages']) * pageSize];
}

/** What is plugged at the end of a scenario, as far as its steps say. */
function plugsOf({ steps }: Scenario, pageSize: number): Plug[] {
  let plugs: Plug[] = [];
  for (const step of steps) {
    const range = rangeOf(step, pageSize);
    const isHere = (plug: Plug): boolean =>
      range === undefined ? plug.step['device'] === step['device'] : plug.start < range[1] && plug.end > range[0];
    if (PLUGS.has(step.op) && range !== undefined)
      plugs.push({ step, start: range[0], end: range[1], isOnline: false });
    else if (UNPLUGS.has(step.op)) plugs = plugs.filter((plug) => !isHere(plug));
    else if (step.op === 'online') for (const plug of plugs.filter(isHere)) plug.isOnline = true;
    else if (step.op === 'offline') for (const plug of plugs.filter(isHere)) plug.isOnline = false;
  }
  return plugs;
}

/** The steps that take something away again. */
function unplugging({ step, start, end, isOnline }: Plug): ScenarioStep {
  const range = { start: hex(start), size: sizeText(end - start) };
  switch (step.op) {
    case 'create-namespace':
      return { op: 'destroy-namespace', device: step['device'] };
    case 'memremap-pages':
      return { op: 'memunmap-pages', device: step['device'] };
    case 'add-memory':
      return { op: isOnline ? 'offline-and-remove-memory' : 'remove-memory', ...range };
    default:
      return { op: 'remove-pages', ...range, ...(step['altmap'] === undefined ? {} : { altmap: step['altmap'] }) };
  }
}

function freeName(steps: readonly ScenarioStep[]): string {
  const taken = new Set(steps.map((step) => step['device']));
  let n = 0;
  while (taken.has(`dax${n}`)) n++;
  return `dax${n}`;
}

/** Allocations that a scenario asks for, from its first step on. */
function allocations({ lanes }: Session): number {
  return lanes[0]!.run.recording.steps
    .flat()
    .reduce((sum, event) => sum + (event.what === 'alloc' ? event.times : 0), 0);
}

/**
 * The scenario after a click on a section, or why nothing came of it.
 * @param section number of the section
 */
export function clickSection(draft: Draft, section: number, tool: Tool, session: Session): Draft | string {
  const { file } = draft;
  const { sectionSize, pageSize } = session.first;
  const start = section * sectionSize;
  const plugs = plugsOf(file, pageSize);
  const there = plugs.find((plug) => plug.start < start + sectionSize && plug.end > start);
  const withStep = (step: ScenarioStep): Draft => ({
    ...draft,
    file: {
      ...file,
      steps: [...file.steps, step],
      ...(tool.fails ? { failAllocations: [...(file.failAllocations ?? []), allocations(session) + 1] } : {}),
    },
  });
  if (tool.what === 'online' || tool.what === 'offline') {
    if (there === undefined) return `section ${section} is absent`;
    const range = { start: hex(there.start), size: sizeText(there.end - there.start) };
    if (there.step.op === 'add-memory') return withStep({ op: tool.what, ...range });
    if (tool.what === 'offline') return `section ${section} is no memory block: there is nothing to set offline`;
    return withStep({ op: 'use', ...range });
  }
  if (there !== undefined) return withStep(unplugging(there));
  const range = (bytes: number) => ({ start: hex(start), size: sizeText(bytes) });
  const block = typeof file.machine['blockSize'] === 'undefined' ? sectionSize : bytesOf(file.machine['blockSize']);
  const sizes = {
    section: sectionSize,
    subsection: SUBSECTION,
    block,
    dimm: Math.max(DIMM, block),
    device: sectionSize,
  };
  const size = sizes[tool.what];
  const next = plugs.find((plug) => plug.start >= start && plug.start < start + size);
  if (next !== undefined) return `there is memory at ${hex(next.start)} already`;
  switch (tool.what) {
    case 'section':
    case 'subsection':
      return withStep({ op: 'add-pages', ...range(size) });
    case 'block':
    case 'dimm':
      if (start % block !== 0) return `a memory block of this machine begins at a multiple of ${hex(block)}`;
      return withStep({ op: 'add-memory', ...range(size) });
    case 'device':
      return withStep({
        op: 'create-namespace',
        device: freeName(file.steps),
        ...range(size),
        mode: 'devdax',
        map: 'dev',
      });
  }
}
