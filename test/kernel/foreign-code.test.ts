// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { HAS_MEM_MAP } from '../../src/kernel/mem-sections.js';
import { findRelease } from '../../src/history/releases.js';
import { checkRun } from '../../src/check/checked-run.js';
import { ENOMEM } from '../../src/kernel/errno.js';
import type { Kernel } from '../../src/kernel/kernel.js';
import type { MemmapCode } from '../../src/kernel/memmap-code.js';
import { captureRun, runStep, startRun, type Run } from '../../src/scenario/runner.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';
import { addSection, PFN, removeSection, SECTION } from '../scenarios.js';

/** Code of a foreign kernel takes the place of this emulator's from __add_pages() and __remove_pages() down. */

const INPUT: ScenarioInput = {
  machine: { arch: 'x86_64', kernel: '6.12.117' },
  altmaps: { dev: { basePfn: PFN, endPfn: PFN + SECTION - 1, free: 1024 } },
  steps: [addSection(0, 'dev'), removeSection(0, 'dev')],
};

/** Boots the scenario on code that does nothing but what is given. */
function runOn(code: Partial<MemmapCode>): Run {
  const foreign: MemmapCode = {
    bind: () => undefined,
    over: (modelled) => modelled,
    booted: () => undefined,
    addPages: () => 0,
    removePages: () => undefined,
    initSection: () => 0,
    ...code,
  };
  const release = findRelease('6.12.117')!;
  return startRun(resolveScenario(scenarioSchema.parse(INPUT), { release, code: () => foreign }));
}

describe('code of a foreign kernel', () => {
  test('is asked in place of __add_pages() and __remove_pages(), and keeps the sections itself', () => {
    const calls: string[] = [];
    let kernel!: Kernel;
    const run = runOn({
      bind: (booting) => void (kernel = booting),
      addPages(nid, pfn, nrPages, altmap) {
        calls.push(`add ${nid} ${pfn} ${nrPages} ${altmap?.name ?? ''}`);
        kernel.sections.indexInit(pfn / SECTION);
        kernel.sections.set(pfn / SECTION, 0, kernel.sections.subsectionsPerSection);
        kernel.sections.setFlags(pfn / SECTION, HAS_MEM_MAP);
        return 0;
      },
      removePages: (pfn, nrPages, altmap) => void calls.push(`remove ${pfn} ${nrPages} ${altmap?.name ?? ''}`),
    });
    expect(run.scenario.steps.map((step) => runStep(run, step))).toEqual([0, null]);
    expect(calls).toEqual([`add 0 ${PFN} ${SECTION} dev`, `remove ${PFN} ${SECTION} dev`]);
    expect(captureRun(run, null).sections.present).toBe(1);
  });

  test('may take what it does not have from the architecture, and what it does wrong is found', () => {
    let kernel!: Kernel;
    const run = runOn({
      bind: (booting) => void (kernel = booting),
      addPages(nid, pfn, nrPages, altmap) {
        const start = kernel.vmemmap + pfn * kernel.structPageSize;
        return kernel.code.vmemmapPopulate(start, start + nrPages * kernel.structPageSize, nid, altmap);
      },
    });
    expect(checkRun(run).findings.map(({ invariant }) => invariant)).toContain('no-leak');
  });

  test('may bring its own configuration along', () => {
    const kconfig = { optimizesDaxVmemmap: false, selectsMemmapOnMemory: false, supportsMemmapOnMemory: () => false };
    const run = runOn({ kconfig, addPages: () => -ENOMEM });
    expect(run.kernel.kconfig).toBe(kconfig);
    expect(runStep(run, run.scenario.steps[0]!)).toBe(-ENOMEM);
  });
});
