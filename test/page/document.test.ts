// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { pageTemplate } from '../../src/cli/page-template.js';
import { scenarioRequests } from '../../src/cli/report-requests.js';
import { address } from '../../src/events/words.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import { bugRequests } from '../../src/page/bug-requests.js';
import { reportDocument } from '../../src/page/build.js';
import type { FindingReport, ReportDocument, RunReport } from '../../src/page/document.js';
import { fillPage } from '../../src/page/fill.js';
import { scenarioSchema } from '../../src/scenario/schema.js';

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

const bytesOf = (run: RunReport, { blamed }: FindingReport): string[] =>
  blamed.map(([start, end]) => `${address(run, start)} 0x${(end - start).toString(16)}`);

describe('the report of two sections that share a PMD leaf, on 5.12', () => {
  const [run] = storyOn('5.12');
  const [finding] = run!.findings;

  test('says what is the case, and which call decided it', () => {
    expect(run!.findings).toHaveLength(1);
    expect(finding).toMatchObject({
      step: 4,
      invariant: 'no-leak',
      headline: 'Leaf ffffea0003a00000 stays mapped: no section uses it any more',
      cause:
        'memchr_inv() in remove_pmd_table() finds bytes that are not 0xFD: the last 0x80000 bytes were never written.',
      function: 'remove_pmd_table',
      known: { id: 'B01', endedBy: '5.13' },
      command: 'vmemmap run partial-pmd.json --kernel 5.12 --step 5',
    });
  });

  test('blames the bytes that nobody ever wrote, at the scan that found them', () => {
    expect(bytesOf(run!, finding!)).toEqual(['ffffea0003b80000 0x80000']);
    const event = run!.recording.steps[4]![finding!.event]!;
    expect(event).toMatchObject({ what: 'scan', filled: false });
    expect(run!.recording.stacks[event.stack]![0]).toBe('__remove_pages');
  });

  test('tells how it came to that, by the events that led to it', () => {
    expect(finding!.chain.map(({ at: [step], text }) => [step, text])).toEqual([
      [1, 'vmemmap_populate_hugepages() maps a pmd leaf of 2 MiB; section 33 needs its first 0x180000 bytes'],
      [4, 'remove_pmd_table() fills the first 0x180000 bytes of the leaf with 0xFD'],
      [4, 'memchr_inv() looks at all 0x200000 bytes; the last 0x80000 bytes were never written, so the leaf is kept'],
    ]);
  });

  test('tells which tests settled that it is a PMD leaf', () => {
    const start = finding!.blamed[0]![1] - 2 ** 21;
    const settled = run!.recording.steps[1]!.flatMap((event) =>
      event.what === 'decide' && start >= event.start && start < event.end ? [event.by] : [],
    );
    expect(settled).toEqual(['vmemmap_populate', 'vmemmap_populate_hugepages']);
  });
});

test('the page finds the cause in the bytes of the leaf that is there now, not of one that was there before', () => {
  const [finding] = bugReport('wrong-head-painted').runs[0]!.findings;
  expect(finding!.cause).toMatch(/the first 0x100000 bytes were never written\.$/);
});

describe('causes of findings', () => {
  const first = (name: string) => bugReport(name).runs[0]!.findings[0]!;

  test('a leaf that nobody looks at: vmemmap_free() of arm64 was empty once', () => {
    expect(first('never-freed')).toMatchObject({ function: 'vmemmap_free', event: -1 });
    expect(first('never-freed').cause).toBe('vmemmap_free() neither clears its entry nor looks at its bytes.');
  });

  test('a leaf that goes with the first of its two users', () => {
    expect(first('shared-leaf-ripped-out')).toMatchObject({
      invariant: 'no-hole',
      function: 'unmap_hotplug_range',
      headline: 'Section 33 is present and its first 1.5 MiB of struct pages are not mapped',
    });
    expect(first('shared-leaf-ripped-out').cause).toMatch(/clears the whole pmd entry .*, though the range ends at/);
  });

  test('paint of an earlier removal, in bytes that were taken again without a write', () => {
    const finding = bugReport('stale-paint').runs[0]!.findings[1]!;
    expect(finding.cause).toMatch(/finds 0xFD in all of leaf ffffea0003800000: also what step 3 left/);
    expect(finding.chain.map(({ text }) => text)).toContain(
      'section 33 takes the last 0x40000 bytes of the leaf; nothing is written there',
    );
  });

  test('memmap that no entry is made for, since a table passes for a leaf', () => {
    expect(first('table-taken-for-leaf').cause).toBe(
      'vmemmap_populate_hugepages(): the PMD is there and passes for a leaf, so nothing new: what is there serves.',
    );
  });

  test('one page of 512 that goes back', () => {
    expect(first('order-forgotten').cause).toBe('remove_pmd_table() gives back 1 page of a block of 512 pages.');
  });

  test('a write through one of two leaves on a frame', () => {
    const finding = bugReport('memmap-outlives-device').runs[0]!.findings.find(({ step }) => step === 4);
    expect(finding!.headline).toMatch(/^Two leaves map frame 0x108000/);
    expect(finding!.function).toBe('memmap_init_range');
  });

  test('a kernel that stops, by the function in which it does', () => {
    expect(first('wrong-head-painted-too-far')).toMatchObject({
      invariant: 'no-crash',
      function: 'vmemmap_use_new_sub_pmd',
      headline: 'The kernel stops: no mapping at ffffea0003a00000',
    });
  });

  test('what one event does to the same bytes is one finding', () => {
    const finding = first('shared-leaf-ripped-out');
    expect(finding.also.map(({ invariant }) => invariant)).toEqual(['no-cross-talk']);
  });

  test('functions bear the names of the release: before 5.13 x86_64 painted in remove_pmd_table() itself', () => {
    const stacksOf = ({ recording }: RunReport): string[] => recording.stacks.flat();
    expect(stacksOf(storyOn('5.12')[0]!)).not.toContain('vmemmap_pmd_is_unused');
    expect(bugReport('wrong-head-painted').runs[0]!.findings[0]!.function).toBe('vmemmap_pmd_is_unused');
  });
});

describe('two releases', () => {
  test('are told which change decides', () => {
    const { comparisons } = reportDocument(scenarioRequests(story, 'partial-pmd.json', ['5.12', '5.13']), '0.0.0');
    expect(comparisons).toMatchObject([
      { runs: [0, 1], differing: 3, deciding: [{ name: 'x86/track-unused-sub-pmd' }] },
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

const catalogue = BUGS.map((bug) => [bug.name, bug] as const);

describe('over the catalogue', () => {
  test.each(catalogue)('%s: its page has less than 400 KB, and its finding', (_name, bug) => {
    const requests = bugRequests(bug, []);
    const document = reportDocument(requests, '0.0.0');
    expect(Buffer.byteLength(fillPage(pageTemplate(), document))).toBeLessThan(400_000);
    const known = document.runs[0]!.findings.filter((finding) => finding.known?.name === bug.name);
    expect(known.map(({ step }) => step)).toContain(bug.symptom.step);
    for (const { headline, event, step, books, blamed } of known) {
      expect(headline).not.toMatch(/describes nothing|\bframes? [0-9a-f]*[a-f][0-9a-f]*\b/);
      expect(event).toBeLessThan(document.runs[0]!.recording.steps[step]!.length);
      // What is wrong is seen: bytes, or a row of books, or the books of an altmap and the words that name a count.
      expect(blamed.length > 0 || books !== null || event >= 0).toBe(true);
    }
    // Nothing is told of no bytes.
    for (const { findings, recording } of document.runs) {
      for (const [start, end] of findings.flatMap(({ blamed }) => blamed)) expect(end).toBeGreaterThan(start);
      for (const event of recording.steps.flat()) if ('start' in event) expect(event.end).toBeGreaterThan(event.start);
    }
  });
});

test('pages that go back before the flush: the page opens on the event that gives them back', () => {
  const { runs } = reportDocument(
    bugRequests(
      BUGS.find(({ name }) => name === 'freed-before-flush')!,
      [],
    ),
    '0.0.0',
  );
  const [finding] = runs[0]!.findings;
  const event = runs[0]!.recording.steps[finding!.step]![finding!.event]!;
  expect(event.what).toBe('free');
  expect(finding).toMatchObject({
    function: 'remove_pmd_table',
    cause: 'remove_pmd_table() gives back the pages before remove_pagetable() flushes.',
  });
  expect(finding!.blamed).toHaveLength(1);
});

describe('fields of a leaf', () => {
  const machines = ARCHITECTURES.flatMap(({ name, configurations }) =>
    configurations.flatMap(({ title, pageSize, pagingLevels, vaBits, vaBitsActual, mmu }) =>
      [true, false].map((hugeVmemmap) => {
        const machine = { arch: name, pageSize, pagingLevels, vaBits, vaBitsActual, mmu, hugeVmemmap };
        return [`${name}, ${title}${hugeVmemmap ? '' : ', base pages'}`, machine] as const;
      }),
    ),
  );

  test.each(machines)('%s: name every bit that is set', (_name, machine) => {
    const file = scenarioSchema.parse({ machine, steps: [{ op: 'add-pages', start: '0x2000000000', size: '1G' }] });
    const [run] = reportDocument(scenarioRequests(file, 'one.json', []), '0.0.0').runs;
    expect(run!.recording.leaves.length).toBeGreaterThan(0);
    for (const { level, flags } of run!.recording.leaves) {
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
  expect(/@import|url\((?!#)/.exec(pageTemplate())).toBeNull();
});
