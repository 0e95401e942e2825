// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { SUITES, type Case } from '../../src/bench/cases.js';
import { compareResults, type SuiteResult } from '../../src/bench/compare.js';
import { playCase, playCaseWithRange, type BenchResult } from '../../src/bench/play.js';
import { selectedSuites } from '../../src/bench/select.js';
import { benchCsv } from '../../src/report/bench-text.js';
import { file, vmemmap } from '../cli/cli.js';

const suite = (name: string): readonly Case[] => SUITES.find((s) => s.name === name)!.cases;
const caseOf = (suiteName: string, name: string): BenchResult =>
  playCase(suite(suiteName).find((c) => c.name === name)!);

describe('the suites', { timeout: 60_000 }, () => {
  test('have names of their own, and so have their cases', () => {
    expect(new Set(SUITES.map(({ name }) => name)).size).toBe(SUITES.length);
    for (const { cases } of SUITES) expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test('play every case of the smaller ones', () => {
    const small = SUITES.filter(({ name }) => !['release', 'hot-add', 'partial-pmd'].includes(name));
    for (const { cases } of small) {
      for (const c of cases) {
        // vmemmap_free() of loongarch64 is empty.
        const isFree = c.machine.arch === 'loongarch64' && c.charged === 'remove';
        expect(playCase(c).cycles > 0, c.name).toBe(!isFree);
      }
    }
  });

  test('a sweep of CPUs has every CPU, a sweep of releases every architecture', () => {
    expect(suite('cpu').map(({ cpu }) => cpu)).toEqual(ARCHITECTURES.flatMap(({ cpus }) => cpus.map((c) => c.name)));
    expect(new Set(suite('release').map((c) => c.machine.arch))).toEqual(new Set(ARCHITECTURES.map((a) => a.name)));
  });
});

describe('what the suites say', { timeout: 60_000 }, () => {
  test('adding and removing together cost what they cost apart', () => {
    const [add, remove, both] = ['populate', 'free', 'cycle'].map((name) => caseOf(name, 's390, base pages').cycles);
    expect(Math.abs(add! + remove! - both!)).toBeLessThanOrEqual(1);
  });

  test('arm64 pays a flush for every base page that it unmaps', () => {
    const { causes } = caseOf('subsection', 'arm64 4K, PMD leaves, by half');
    expect(causes.flush! / (8 * 512 * 1.68 * 3000)).toBeCloseTo(1, 1);
  });

  test('hot-adding costs twice as much for twice the memory, and most of it is struct pages', () => {
    const one = caseOf('hot-add', 'x86_64, PMD leaves, 1 GiB');
    const many = caseOf('hot-add', 'x86_64, PMD leaves, 256 GiB');
    expect(many.cycles / one.cycles / 256).toBeCloseTo(1, 2);
    expect(many.causes.initialise! / many.cycles).toBeGreaterThan(0.99);
  });

  test('a folded device touches less memory to map than it describes', () => {
    const folded = caseOf('compound', 'ppc64 radix 4K, compound pages of 1 GiB');
    const plain = caseOf('compound', 'ppc64 radix 4K, not folded');
    expect(folded.causes.barrier!).toBeGreaterThan(plain.causes.barrier!);
    expect(folded.tables).toBeGreaterThan(plain.tables);
  });
});

describe('a range', { timeout: 60_000 }, () => {
  test.each(suite('cpu').map((c) => [c.name, c] as const))('%s: the result lies between its ends', (_name, c) => {
    const { cycles, range } = playCaseWithRange(c);
    expect(range![0]).toBeLessThan(cycles);
    expect(range![1]).toBeGreaterThan(cycles);
  });
});

const row = (name: string, cycles: number): BenchResult => ({ ...caseOf('cpu', 'arm64, graviton3'), name, cycles });
const results = (cycles: number): SuiteResult[] => [{ name: 's', title: 't', rows: [row('a, "b"', cycles)] }];

describe('comparing', () => {
  const old = { schema: 'vmemmap/bench/v1' as const, suites: results(100).map((s) => ({ ...s, rows: [...s.rows] })) };

  test('a case is slower beyond the threshold only', () => {
    expect(compareResults(old, results(105), 5)[0]).toMatchObject({ ratio: 1.05, regressed: false });
    expect(compareResults(old, results(106), 5)[0]).toMatchObject({ regressed: true });
    expect(compareResults(old, results(50), 0)[0]).toMatchObject({ ratio: 0.5, regressed: false });
  });

  test('CSV quotes names, and has a column for every cause', () => {
    const [head = '', line = ''] = benchCsv(results(100)).split('\n');
    expect(head.startsWith('suite,name,arch')).toBe(true);
    expect(head.endsWith('hash,initialise')).toBe(true);
    expect(line.startsWith('"s","a, ""b""","arm64"')).toBe(true);
  });
});

describe('choosing', () => {
  test('a CPU leaves the cases of its architecture, and those that are about it', () => {
    const altra = ARCHITECTURES.flatMap(({ cpus }) => cpus).find(({ name }) => name === 'altra-q80');
    const chosen = selectedSuites({ suites: [], cpu: altra });
    expect(new Set(chosen.flatMap(({ cases }) => cases.map((c) => c.machine.arch)))).toEqual(new Set(['arm64']));
    expect(chosen.find(({ name }) => name === 'cpu')!.cases.map(({ cpu }) => cpu)).toEqual(['altra-q80']);
  });

  test('a release leaves the cases of a sweep that are about it', () => {
    const chosen = selectedSuites({ suites: ['release'], kernel: '6.6', arch: 'x86_64' });
    expect(chosen[0]!.cases.map(({ name }) => name)).toEqual(['x86_64, 64 B, 6.6', 'x86_64, 56 B, 6.6']);
  });
});

describe('vmemmap bench', { timeout: 60_000 }, () => {
  test('prints the same bytes twice', () => {
    const [first, second] = [1, 2].map(() => vmemmap('bench', 'cycle', 'compound', '--json').stdout);
    expect(first).toBe(second);
    expect(JSON.parse(first!)).toMatchObject({ schema: 'vmemmap/bench/v1', suites: [{ name: 'cycle' }, {}] });
  });

  test('ends with 1 when a case became slower than the threshold allows', () => {
    const args = ['bench', 'cpu', '--arch', 'arm64'];
    const now = vmemmap(...args, '--json').stdout;
    const faster = now.replace(/"cycles": \d+/, '"cycles": 1000');
    expect(vmemmap(...args, '--compare', file('same.json', now))).toMatchObject({ status: 0 });
    const { status, stdout } = vmemmap(...args, '--compare', file('faster.json', faster), '--threshold', '50');
    expect({ status, named: stdout.includes('slower') }).toEqual({ status: 1, named: true });
  });

  test.each([
    [['bench', 'swim'], 'the suite is "swim"; allowed are populate'],
    [['bench', '--cpu', 'i486'], '--cpu is "i486"; allowed are'],
    [['bench', '--cpus', '0'], '--cpus is 0; allowed are 1 to 8192'],
    [['bench', '--hypervisor', 'xen'], '--hypervisor is "xen"; allowed are none, powervm, kvm'],
    [['bench', '--validation', '--nested', '4K'], '--validation and --nested do not go together'],
    [['bench', '--json', '--csv'], '--json and --csv do not go together'],
    [['bench', '--arch', 'arm64', '--cpu', 'z15'], 'no case is left'],
    [['bench', '--threshold', 'x', 'cpu'], '--threshold is x'],
    [['bench', '--compare', 'nowhere.json', 'cpu'], 'nowhere.json: there is no such file'],
    [['cycles', 'src/story/partial-pmd.json', '--cpu', 'z15'], '--cpu is "z15"; allowed on x86_64 are'],
  ])('%s is answered with a sentence', (args, sentence) => {
    const { status, stderr } = vmemmap(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('vmemmap cycles', { timeout: 60_000 }, () => {
  const PARTIAL = 'src/story/partial-pmd.json';

  test('prints a line for each step', () => {
    const { status, stdout } = vmemmap('cycles', PARTIAL);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +5 {2}remove-pages +[\d ]+/m);
  });

  test('folded stacks bear the kernel’s names and add up to the steps', () => {
    const { steps } = JSON.parse(vmemmap('cycles', PARTIAL, '--json').stdout) as { steps: { cycles: number }[] };
    const lines = vmemmap('cycles', PARTIAL, '--folded').stdout.trimEnd().split('\n');
    expect(lines.some((line) => line.includes('sparse_remove_section;vmemmap_free;memset '))).toBe(true);
    const folded = lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    const stepped = steps.reduce((sum, { cycles }) => sum + cycles, 0);
    expect(Math.abs(folded - stepped)).toBeLessThan(lines.length);
  });
});
