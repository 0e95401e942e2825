// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { HAS_MEM_MAP } from '../../src/kernel/mem-sections.js';
import { findRelease } from '../../src/history/releases.js';
import { checkRun } from '../../src/check/checked-run.js';
import { ENOMEM } from '../../src/kernel/errno.js';
import type { KernelCodeMaker } from '../../src/scenario/machine.js';
import { captureRun, runStep, startRun } from '../../src/scenario/runner.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';
import { addSection, PFN, removeSection, SECTION } from '../scenarios.js';

/** Code of a foreign kernel takes the place of this emulator's from __add_pages() and __remove_pages() down. */

const INPUT: ScenarioInput = {
  machine: { arch: 'x86_64', kernel: '6.12.117' },
  altmaps: { dev: { basePfn: PFN, endPfn: PFN + SECTION - 1, free: 1024 } },
  steps: [addSection(0, 'dev'), removeSection(0, 'dev')],
};

const runOn = (code: KernelCodeMaker) => {
  const release = findRelease('6.12.117')!;
  return startRun(resolveScenario(scenarioSchema.parse(INPUT), { release, code }));
};

describe('code of a foreign kernel', () => {
  test('is asked in place of __add_pages() and __remove_pages(), and keeps the sections itself', () => {
    const calls: string[] = [];
    const run = runOn((kernel, platform, config, architecture) => ({
      vmemmap: architecture.code(kernel, platform, config),
      memoryHotplug: {
        addPages(nid, pfn, nrPages, altmap) {
          calls.push(`add ${nid} ${pfn} ${nrPages} ${altmap?.name ?? ''}`);
          kernel.sections.indexInit(pfn / SECTION);
          kernel.sections.set(pfn / SECTION, 0, kernel.sections.subsectionsPerSection);
          kernel.sections.setFlags(pfn / SECTION, HAS_MEM_MAP);
          return 0;
        },
        removePages: (pfn, nrPages, altmap) => void calls.push(`remove ${pfn} ${nrPages} ${altmap?.name ?? ''}`),
      },
    }));
    expect(run.scenario.steps.map((step) => runStep(run, step))).toEqual([0, null]);
    expect(calls).toEqual([`add 0 ${PFN} ${SECTION} dev`, `remove ${PFN} ${SECTION} dev`]);
    expect(captureRun(run, null).sections.present).toBe(1);
  });

  test('may take what it does not have from the architecture, and what it does wrong is found', () => {
    const run = runOn((kernel, platform, config, architecture) => {
      const vmemmap = architecture.code(kernel, platform, config);
      return {
        vmemmap,
        memoryHotplug: {
          addPages(nid, pfn, nrPages, altmap) {
            const start = kernel.vmemmap + pfn * kernel.structPageSize;
            return vmemmap.vmemmapPopulate(start, start + nrPages * kernel.structPageSize, nid, altmap);
          },
          removePages: () => undefined,
        },
      };
    });
    const { findings } = checkRun(run);
    expect(findings.map(({ invariant }) => invariant)).toContain('no-leak');
  });

  test('may bring its own configuration along', () => {
    const run = runOn((kernel, platform, config, architecture) => ({
      vmemmap: architecture.code(kernel, platform, config),
      memoryHotplug: { addPages: () => -ENOMEM, removePages: () => undefined },
      kconfig: { optimizesDaxVmemmap: false, selectsMemmapOnMemory: false, supportsMemmapOnMemory: () => false },
    }));
    expect(run.kernel.kconfig.optimizesDaxVmemmap).toBe(false);
    expect(runStep(run, run.scenario.steps[0]!)).toBe(-ENOMEM);
  });
});
