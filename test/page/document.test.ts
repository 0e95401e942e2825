// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { pageTemplate } from '../../src/cli/page-template.js';
import { bugRequests, scenarioRequests } from '../../src/cli/report-requests.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import { reportDocument } from '../../src/page/build.js';
import type { LeafRun, ReportDocument, RunReport } from '../../src/page/document.js';
import { fillPage } from '../../src/page/fill.js';
import { leafRuns } from '../../src/page/leaves.js';
import { machinePlots } from '../../src/page/plots.js';
import { altmapsOf, runStep, startRun } from '../../src/scenario/runner.js';
import { scenarioSchema } from '../../src/scenario/schema.js';
import { vmemmapWindow, walkVmemmap } from '../../src/kernel/vmemmap-view.js';

/** What a report says, and how large it gets. */

const STORY = join(import.meta.dirname, '..', '..', 'src', 'story', 'partial-pmd.json');
const story = scenarioSchema.parse(JSON.parse(readFileSync(STORY, 'utf8')));

const bugReport = (name: string): ReportDocument =>
  reportDocument(
    bugRequests(
      BUGS.find((bug) => bug.name === name)!,
      [],
    ),
    '0.0.0',
  );

const storyOn = (...kernels: string[]): RunReport[] =>
  reportDocument(scenarioRequests(story, 'partial-pmd.json', kernels), '0.0.0').runs;

describe('the report of two sections that share a PMD leaf, on 5.12', () => {
  const [run] = storyOn('5.12');
  const [finding] = run!.findings;

  test('names the step, the kernel function, and why the leaf stays', () => {
    expect(run!.findings).toHaveLength(1);
    expect(finding).toMatchObject({
      step: 4,
      invariant: 'no-leak',
      function: 'remove_pmd_table',
      known: { id: 'B01' },
      command: 'vmemmap run partial-pmd.json --kernel 5.12 --step 5',
    });
    expect(finding!.stack[0]).toBe('__remove_pages');
    expect(finding!.why).toEqual([
      'remove_pmd_table() looks for a byte other than 0xfd (PAGE_UNUSED) in the 2 MiB of the leaf, finds one, and so keeps the leaf.',
      '512 KiB of it (bytes 1572864 to 2097151) were never written: no section used them, and nobody marked them unused with 0xfd (PAGE_UNUSED).',
    ]);
  });

  test('points at the leaf that stays', () => {
    const leaf = run!.leaves[run!.steps[4]!.leaves[0]!]!;
    expect(finding!.place).toEqual([leaf.start, leaf.start + leaf.size]);
    expect(leaf.unused).toEqual([[0, 0x180000]]);
  });

  test('tells which tests settled that it is a PMD leaf', () => {
    const [start] = finding!.place!;
    const settled = run!.settled.filter(([, , from, to]) => start >= from && start < to);
    expect(settled.map(([step, at]) => [step, run!.decisions[at]!.by])).toEqual([
      [1, 'vmemmap_populate'],
      [1, 'vmemmap_populate_hugepages'],
    ]);
  });
});

test('the page finds the cause in the bytes of the leaf that is there now, not of one that was there before', () => {
  const [finding] = bugReport('wrong-head-painted').runs[0]!.findings;
  expect(finding!.why[1]).toBe(
    '1 MiB of it (bytes 0 to 1048575) were never written: no section used them, and nobody marked them unused with 0xfd (PAGE_UNUSED).',
  );
});

describe('causes of findings', () => {
  const first = (name: string) => bugReport(name).runs[0]!.findings[0]!;

  test('a leaf that nobody looks at: vmemmap_free() of arm64 was empty once', () => {
    expect(first('never-freed')).toMatchObject({ function: 'vmemmap_free' });
    expect(first('never-freed').why[0]).toContain('neither cleared its entry nor looked at its bytes');
  });

  test('a leaf that goes with the first of its two users', () => {
    expect(first('shared-leaf-ripped-out')).toMatchObject({ invariant: 'no-hole', function: 'unmap_hotplug_range' });
    expect(first('shared-leaf-ripped-out').why[0]).toMatch(/as a whole, though the step was given only/);
  });

  test('memmap that no entry is made for, since a table passes for a leaf', () => {
    expect(first('table-taken-for-leaf').why[0]).toBe(
      'vmemmap_populate_hugepages(): the PMD is there and passes for a leaf; so nothing new: what is there serves.',
    );
  });

  test('one page of 512 that goes back', () => {
    expect(first('order-forgotten').why[1]).toMatch(/^Of these pages remove_pmd_table\(\) gave back 1 in step 2/);
  });

  test('a kernel that stops, by the function in which it does', () => {
    expect(first('wrong-head-painted-too-far')).toMatchObject({
      invariant: 'no-crash',
      function: 'vmemmap_use_new_sub_pmd',
    });
  });

  test('functions bear the names of the release: before 5.13 x86_64 painted in remove_pmd_table() itself', () => {
    expect(storyOn('5.12')[0]!.findings[0]!.stack).not.toContain('vmemmap_pmd_is_unused');
    expect(bugReport('wrong-head-painted').runs[0]!.findings[0]!.function).toBe('vmemmap_pmd_is_unused');
  });
});

describe('two releases', () => {
  test('are told where they part and which change decides', () => {
    const { comparisons } = reportDocument(scenarioRequests(story, 'partial-pmd.json', ['5.12', '5.13']), '0.0.0');
    expect(comparisons).toMatchObject([
      { runs: [0, 1], parting: { step: 0, from: 'return 0' }, deciding: [{ name: 'x86/track-unused-sub-pmd' }] },
    ]);
  });

  test('are not compared where they run different scenarios', () => {
    const other = scenarioSchema.parse({
      machine: { arch: 'arm64' },
      steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }],
    });
    const requests = [...scenarioRequests(story, 'a.json', []), ...scenarioRequests(other, 'b.json', [])];
    expect(reportDocument(requests, '0.0.0').comparisons).toEqual([]);
  });
});

test('anchors of findings are unique in a document', () => {
  const ids = bugReport('leaf-of-two-devices').runs.flatMap(({ findings }) => findings.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids[0]).toBe('finding-1');
});

/** Leaves that a run of the page stands for. */
const expanded = ({ start, size, count, frame, frameStep, entry, entryStep }: LeafRun) =>
  Array.from({ length: count }, (_, i) => ({
    start: start + i * size,
    frame: frame + i * frameStep,
    entry: BigInt.asUintN(64, BigInt(`0x${entry}`) + BigInt(i) * BigInt(`0x${entryStep}`)),
  }));

const catalogue = BUGS.map((bug) => [bug.name, bug] as const);

describe('over the catalogue', () => {
  // Plots have as many lines as there are machines, and as many points whatever the machines are.
  const plots = machinePlots(['5.12', '5.13'].map((kernel) => scenarioRequests(story, '', [kernel])[0]!.scenario));

  test.each(catalogue)('%s: runs of leaves stand for the leaves that the tables have', (_name, bug) => {
    for (const { scenario } of bugRequests(bug, [])) {
      const run = startRun(scenario);
      for (const step of scenario.steps) {
        const ret = runStep(run, step);
        const { leaves } = walkVmemmap(run.kernel, vmemmapWindow(run.kernel));
        const runs = leafRuns(run.kernel, leaves, altmapsOf(run));
        expect(runs.flatMap(expanded)).toEqual(
          leaves.map(({ start, pa, lo, hi }) => ({
            start,
            frame: pa / run.kernel.pageSize,
            entry: (BigInt(hi) << 32n) | BigInt(lo),
          })),
        );
        if (ret === 'BUG') break;
      }
    }
  });

  test.each(catalogue)('%s: its page has less than 400 KB, and its finding', (_name, bug) => {
    const requests = bugRequests(bug, []);
    const document = reportDocument(requests, '0.0.0', plots);
    expect(Buffer.byteLength(fillPage(pageTemplate(), document))).toBeLessThan(400_000);
    const known = document.runs[0]!.findings.filter((finding) => finding.known?.name === bug.name);
    expect(known.map(({ step }) => step)).toContain(bug.symptom.step);
  });
});

describe('fields of a leaf', () => {
  const machines = ARCHITECTURES.flatMap(({ name, configurations }) =>
    configurations.flatMap(({ title, pageSize, pagingLevels, vaBits, mmu }) =>
      [true, false].map((hugeVmemmap) => {
        const machine = { arch: name, pageSize, pagingLevels, vaBits, mmu, hugeVmemmap };
        return [`${name}, ${title}${hugeVmemmap ? '' : ', base pages'}`, machine] as const;
      }),
    ),
  );

  test.each(machines)('%s: name every bit that is set', (_name, machine) => {
    const file = scenarioSchema.parse({ machine, steps: [{ op: 'add-pages', start: '0x2000000000', size: '1G' }] });
    const [run] = reportDocument(scenarioRequests(file, 'one.json', []), '0.0.0').runs;
    expect(run!.leaves.length).toBeGreaterThan(0);
    for (const { level, flags } of run!.leaves) {
      const named = run!.fields
        .filter(({ levels }) => levels === undefined || levels.includes(level))
        .reduce((mask, field) => mask | BigInt(`0x${field.mask}`), 0n);
      expect(BigInt(flags) & ~named, `${level} ${flags}`).toBe(0n);
    }
  });

  test.each(machines)('%s: do not overlap', (_name, machine) => {
    const file = scenarioSchema.parse({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] });
    const [run] = reportDocument(scenarioRequests(file, 'one.json', []), '0.0.0').runs;
    for (const level of LEVELS) {
      let seen = 0n;
      for (const { name, mask, levels } of run!.fields) {
        if (levels !== undefined && !levels.includes(level)) continue;
        expect(seen & BigInt(`0x${mask}`), name).toBe(0n);
        seen |= BigInt(`0x${mask}`);
      }
    }
  });
});

test('a document cannot end the element that it stands in', () => {
  const document = reportDocument([], '</script><script>alert(1)</script>');
  const page = fillPage(pageTemplate(), document);
  expect(page.includes('</script><script>alert')).toBe(false);
  const [, json] = /id="document">([\s\S]*?)<\/script>/.exec(page)!;
  expect(JSON.parse(json!)).toEqual(document);
});

test('the page asks no other place for anything', () => {
  expect(/(?:src|href)="(?!data:|#)/.exec(pageTemplate())).toBeNull();
  expect(/@import|url\(/.exec(pageTemplate())).toBeNull();
});
