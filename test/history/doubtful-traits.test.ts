// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { runChecked } from '../../src/check/checked-run.js';
import { run } from '../../src/cli/run.js';
import { watchDoubtful } from '../../src/history/doubtful-traits.js';
import { doubtfulRows } from '../../src/history/evidence.js';
import { findRelease, MAINLINE_RELEASES, RECORDED_RELEASES, resolveTraits } from '../../src/history/releases.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema } from '../../src/scenario/schema.js';
import { RECORDINGS } from '../../src/history/witnesses.js';

const release = (name: string) => findRelease(name)!;

test('nothing is doubtful of a release that was recorded', () => {
  for (const { name } of ARCHITECTURES) {
    const recorded = RECORDED_RELEASES.filter((each) => RECORDINGS[name]!.recorded.includes(each.name));
    expect(recorded.length).toBeGreaterThan(0);
    for (const each of recorded) expect([each.name, doubtfulRows(each, name)]).toEqual([each.name, []]);
  }
});

test('what is remembered of a release, with no proof beside it, is doubtful; what a tag says is not', () => {
  const rows = doubtfulRows(release('6.8'), 'riscv64');
  expect(rows).toContain('riscvVmemmapStartsAtRam');
  // Read in the merge of v6.8.
  expect(rows).not.toContain('riscvHugepages');
  // Code of other architectures does not run.
  expect(rows).not.toContain('arm64SectNormalWrite');
  // The user says it.
  const edited = release('6.8 without riscv64/vmemmap-starts-at-ram');
  expect(doubtfulRows(edited, 'riscv64')).toEqual(rows.filter((key) => key !== 'riscvVmemmapStartsAtRam'));
});

test('watched traits are what they were, and tell what was asked for', () => {
  for (const name of MAINLINE_RELEASES) {
    const traits = resolveTraits(release(name));
    const watched = watchDoubtful(traits, release(name), 'riscv64');
    expect([...watched.asked]).toEqual([]);
    expect({ ...watched.traits }).toEqual(traits);
    expect(new Set(watched.asked)).toEqual(new Set(doubtfulRows(release(name), 'riscv64')));
  }
});

test('what decides nothing is not asked: a plain add rests on nothing but what it did', () => {
  const add = scenarioSchema.parse({
    machine: { arch: 'x86_64', kernel: '5.14' },
    steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }],
  });
  let asked: ReadonlySet<string> = new Set();
  const played = resolveScenario(add, undefined, (traits, named, arch) => {
    // Whether __add_pages() looks at the end of a range is not proved of 5.14; a range that ends low does not depend on it.
    expect(doubtfulRows(named, arch)).toContain('addPagesChecksRange');
    const watched = watchDoubtful(traits, named, arch);
    asked = watched.asked;
    return watched.traits;
  });
  runChecked(played);
  expect([...asked]).toEqual([]);
});

test('a run names on standard error what it rests on, and in its JSON; on a recorded release it says nothing', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'vmemmap-')), 'add.json');
  const steps = [{ op: 'add-pages', start: '0x100000000', size: '128M' }];
  writeFileSync(file, JSON.stringify({ machine: { arch: 'riscv64' }, steps }));
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await run([file], { kernel: '6.12.117', json: true });
    await run([file], { kernel: '7.1', json: true });
    const results = printed.mock.calls.map(([text]) => JSON.parse(String(text)) as { unproved?: string[] });
    const unproved = ['riscv64/vmemmap-aligned-to-folios', 'riscv64/populate-warns-outside'];
    expect(results[0]).not.toHaveProperty('unproved');
    expect(results[1]!.unproved).toEqual(expect.arrayContaining(unproved));
    expect(told.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^vmemmap: note: the result rests on riscv64\/\S+, .*: whether 7\.1 has them is not proved; /,
        ),
      ],
    ]);
  } finally {
    told.mockRestore();
    printed.mockRestore();
  }
});
