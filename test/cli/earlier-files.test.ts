// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { found } from './explored.js';
import { file } from './cli.js';
import { vmemmapHere } from './here.js';

/**
 * Files that earlier versions of vmemmap wrote are read with the right answer, or refused with a sentence that says why. A
 * file of this version is among them: what changes its form without another name for it fails here.
 */

const earlier = (name: string): string => join('test/cli/earlier', name);

/** What sequences of three steps over two sections find on 5.12: x86_64, struct page of 56 bytes. */
const EXPLORED = { schema: 'vmemmap/explore/v2', depth: 3, complete: true, states: 14 };
const KINDS = [{ invariant: 'no-leak', function: 'remove_pmd_table', length: 2 }];

describe('report --explored', () => {
  test.each(['explore-v1.json', 'explore-v2.json'])('%s: each violation is played', async (name) => {
    const { status, stdout, stderr } = await vmemmapHere('report', '--explored', earlier(name), '--json');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      runs: [{ kernel: '5.12', arch: 'x86_64', findings: [{ invariant: 'no-leak', step: 1 }] }],
    });
  });

  test('what is no result of explore is refused', async () => {
    const bench = await vmemmapHere('report', '--explored', earlier('bench-v1.json'));
    expect(bench).toMatchObject({ status: 2, stdout: '' });
    expect(bench.stderr).toContain('schema is "vmemmap/bench/v1"; it must name a format of vmemmap explore --json');
  });
});

describe('a saved exploration', () => {
  test.each(['exploration-v3.vmx', 'half-v3.vmx'])('%s is gone on with to the same end', async (name) => {
    const { status, stdout, stderr } = await vmemmapHere('explore', '--resume', earlier(name), '--json');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(found(stdout)).toMatchObject({ ...EXPLORED, violations: KINDS });
  });

  test('shards are merged to what one machine finds', async () => {
    const shards = ['shard-1-v3.vmx', 'shard-2-v3.vmx'].map(earlier);
    const { status, stdout, stderr } = await vmemmapHere('merge', ...shards, '--json');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(found(stdout)).toMatchObject({ ...EXPLORED, violations: KINDS });
  });

  test.each([
    [['explore', '--resume'], 'v1'],
    [['explore', '--resume'], 'v2'],
    [['merge'], 'v1'],
    [['merge'], 'v2'],
  ])('%s refuses one of the form %s', async (command, form) => {
    const path = earlier(`exploration-${form}.vmx`);
    expect(await vmemmapHere(...command, path)).toEqual({
      status: 2,
      stdout: '',
      stderr: `vmemmap: ${path}: it was saved as vmemmap/exploration/${form}, by another version of vmemmap; this one goes on with vmemmap/exploration/v3\n`,
    });
  });
});

describe('bench --compare', () => {
  const BENCH = ['bench', 'populate', '--arch', 's390'];

  test('takes what it wrote first', async () => {
    const { status, stdout } = await vmemmapHere(...BENCH, '--compare', earlier('bench-v1.json'), '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: [
        { suite: 'populate', name: 's390, 1 MiB frames', before: 283_876 },
        { suite: 'populate', name: 's390, base pages' },
      ],
    });
  });

  test('refuses a form that it does not know', async () => {
    const later = file('bench-v9.json', JSON.stringify({ schema: 'vmemmap/bench/v9', suites: [] }));
    const { status, stderr } = await vmemmapHere(...BENCH, '--compare', later);
    expect(status).toBe(2);
    expect(stderr).toContain('schema is "vmemmap/bench/v9"; it must be "vmemmap/bench/v1"');
  });
});

describe('a measured CPU', () => {
  test('stands in for its base, with the figures of the file', async () => {
    const path = earlier('cpu-profile-v1.json');
    const { status, stdout } = await vmemmapHere('cycles', 'src/story/partial-pmd.json', '--cpu', path, '--json');
    expect(status).toBe(0);
    const { cpu, clockGHz } = JSON.parse(stdout) as { cpu: string; clockGHz: number };
    expect({ cpu, clockGHz }).toEqual({ cpu: 'measured-000a0671', clockGHz: 4.234 });
  });

  test('of a form that is not known is refused', async () => {
    const later = file('cpu-v9.json', JSON.stringify({ schema: 'vmemmap/cpu-profile/v9', caches: [] }));
    const { status, stderr } = await vmemmapHere('cycles', 'src/story/partial-pmd.json', '--cpu', later);
    expect(status).toBe(2);
    expect(stderr).toContain('schema is "vmemmap/cpu-profile/v9"; it must be "vmemmap/cpu-profile/v1"');
    expect(stderr).toContain('caches is []; it must be an object\n');
    expect(stderr).toContain('flags is missing; it must be a list\n');
  });
});
