// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { checkRun } from '../../src/check/checked-run.js';
import { MEMORY_INVARIANT_NAMES, type MemoryInvariantName } from '../../src/check/memory-invariants.js';
import { pfnToPage } from '../../src/kernel/kernel.js';
import { createResource, SYSTEM_RAM } from '../../src/mm/resource.js';
import { startRun, type Run } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { PFN, scenario, SECTION } from '../scenarios.js';

/** The books of a sound kernel are changed behind its back, a different way for each invariant. */

const range = { pfn: PFN, nrPages: SECTION };
const SOUND: ScenarioInput = {
  machine: {
    arch: 'x86_64',
    boot: [{ start: '0x80000000', size: '128M' }],
    resources: [{ start: '0x81000000', size: '16M', name: 'Kernel code' }],
  },
  steps: [
    { op: 'add-memory', ...range },
    { op: 'online', ...range, type: 'movable' },
    { op: 'memremap-pages', device: 'd', pfn: PFN + 2 * SECTION, nrPages: SECTION },
  ],
};

const zone = ({ memory }: Run, name: string) => memory.nodes[0]!.zones.find((z) => z.name === name)!;

/** Invariants that break when something is done after a step. */
function broken(step: number, deed: (run: Run) => void): string[] {
  const run = startRun(scenario({ ...SOUND, steps: [...SOUND.steps, { op: 'use', ...range }] }));
  const { findings } = checkRun(run, {
    onStep: (r, at) => {
      if (at === step) deed(r);
    },
  });
  return [...new Set(findings.map(({ invariant }) => invariant))];
}

const SABOTAGE: Readonly<Record<MemoryInvariantName, readonly ((run: Run) => void)[]>> = {
  'zone-spans': [(run) => zone(run, 'Movable').start++, (run) => (zone(run, 'Device').spanned = 0)],
  'pages-present': [(run) => zone(run, 'Movable').present++, (run) => (zone(run, 'Normal').present = -1)],
  'memmap-is-there': [
    ({ memory, kernel }) => {
      const frame = kernel.platform.mmu.walk(pfnToPage(kernel, PFN))!.pa / kernel.pageSize;
      memory.departed.set(frame, frame + 1, true);
    },
  ],
  'driver-regions': [({ memory }) => memory.driverRegions.set('gpu', createResource(0, 1, SYSTEM_RAM, 0))],
  'boot-resources': [({ memory }) => memory.iomem.children.at(0)!.children.pop()],
  'block-references': [(run) => run.memory.unreleasedBlocks.push(32)],
  'initialised-pages': [(run) => run.kernel.log.uninitialised(PFN)],
};

describe('books that do not agree are seen', () => {
  test('but none in a sound run', () => {
    expect(broken(-1, () => undefined)).toEqual([]);
  });

  test.each(MEMORY_INVARIANT_NAMES.flatMap((name) => SABOTAGE[name].map((deed, i) => ({ name, i, deed }))))(
    '$name $i',
    ({ name, deed }) => {
      expect(broken(2, deed)).toEqual([name]);
    },
  );
});
