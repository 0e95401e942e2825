// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { vmemmap } from './cli.js';

interface ExploreJson {
  schema: string;
  states: number;
  statesByDepth: number[];
  complete: boolean;
  violations: { invariant: string; function: string; length: number; scenario: { steps: object[] } }[];
}

const OLD = ['explore', '--arch', 'x86_64', '--kernel', '5.12', '--struct-page', '56'];

describe('vmemmap explore', () => {
  test('names each kind of violation with the function at fault and its steps', () => {
    const { status, stdout, stderr } = vmemmap(...OLD);
    expect(status).toBe(1);
    expect(stdout).toMatch(/no-hole +remove_pmd_table\(\) +add, add, remove, add, remove +4\.18 to 5\.12 +B02 +ffffea/);
    expect(stderr).toBe('');
  });

  test('ends with 0 where nothing is wrong', () => {
    const { status, stdout } = vmemmap('explore', '--arch', 'x86_64', '--kernel', '7.3', '--depth', '3');
    expect(stdout).toContain('no violation');
    expect(status).toBe(0);
  });

  test('--json has states, their speed, and violations with scenarios', () => {
    const result = JSON.parse(vmemmap(...OLD, '--json').stdout) as ExploreJson;
    expect(result.schema).toBe('vmemmap/explore/v2');
    expect(result.complete).toBe(true);
    expect(result.states).toBeGreaterThan(10);
    expect(result.statesByDepth.reduce((sum, states) => sum + states, 0)).toBe(result.states);
    for (const { scenario, length } of result.violations) expect(scenario.steps).toHaveLength(length);
  });

  test('--dir writes scenarios that vmemmap run replays to the same finding', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vmemmap-explore-'));
    vmemmap(...OLD, '--dir', folder);
    const files = readdirSync(folder);
    expect(files).toContain('no-hole-remove_pmd_table.json');
    for (const name of files) {
      const { status, stdout, stderr } = vmemmap('run', join(folder, name));
      expect(stderr).toBe('');
      expect(stdout).toContain(`: ${name.slice(0, 'no-'.length + name.slice('no-'.length).indexOf('-'))}`);
      expect(status).toBe(1);
    }
  });

  test.each([
    [['--arch', 'x86'], '--arch is "x86"; allowed are x86_64, arm64, ppc64, s390'],
    [['--arch', 'x86_64', '--depth', '0'], '--depth is 0; allowed are whole steps from 1 to 64'],
    [['--arch', 'x86_64', '--unit', 'page'], '--unit is page; allowed are section, half, subsection'],
    [['--arch', 'x86_64', '--altmap', 'none', 'mine'], '--altmap is mine; allowed are none, own, shared, reserve'],
    [['--arch', 'x86_64', '--page-size', '3K'], '--page-size is 3K; allowed are 4K, 16K, 64K'],
    [
      ['--arch', 'x86_64', '--seed', '1'],
      '--seed is 1 and --time is not given; random walks end when the time is over',
    ],
    [
      ['--arch', 'x86_64', '--struct-page', '60'],
      'machine.structPageSize is 60; x86_64 kernels have 56, 64, 72, 80, 96',
    ],
  ])('%j is answered with a sentence', (args, sentence) => {
    const { status, stderr } = vmemmap('explore', ...args);
    expect(stderr).toContain(sentence);
    expect(status).toBe(2);
  });
});
