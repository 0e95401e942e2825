// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { figuresOf } from '../../src/cycles/profile.js';
import { profileFileSchema, profileOfFile, readProfile, type ProfileFile } from '../../src/measure/profile-file.js';
import { vmemmap } from '../cli/cli.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'vmemmap-test-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const hasCompiler = process.arch === 'x64' && spawnSync('cc', ['--version']).status === 0;
const base = ARCHITECTURES.flatMap(({ cpus }) => cpus).find(({ name }) => name === 'emerald-rapids-guest')!;
const file: ProfileFile = {
  schema: 'vmemmap/cpu-profile/v1',
  name: 'mine',
  title: 'a machine',
  base: base.name,
  flags: ['erms'],
  caches: { L2: { size: 2 ** 20, ways: 16 } },
  figures: { 'caches.L2.latency': { value: 12, confidence: 'measured', source: 'here' } },
};

describe('a profile from a file', () => {
  test('has the figures of the file, and of its base what the file has not', () => {
    const profile = profileOfFile(file, 'mine.json');
    expect(profile.caches[1]).toMatchObject({ size: 2 ** 20, ways: 16, latency: { value: 12, unit: 'cycles' } });
    const others = (p: typeof base) => figuresOf(p).filter(({ name }) => name !== 'caches.L2.latency');
    expect(others(profile)).toEqual(others(base));
  });

  test('is taken by --cpu, and named in what is printed', () => {
    const path = join(FOLDER, 'mine.json');
    writeFileSync(path, JSON.stringify(file));
    expect(vmemmap('cycles', 'src/story/partial-pmd.json', '--cpu', path).stdout).toMatch(/^a machine, /);
  });

  test.each([
    [{ ...file, base: 'i486' }, /base is "i486"; allowed are /],
    [
      { ...file, figures: { 'caches.L9.latency': file.figures['caches.L2.latency'] } },
      /figures\.caches\.L9\.latency is no figure/,
    ],
    [
      { ...file, figures: { 'bar\rier': file.figures['caches.L2.latency'] } },
      /figures\."bar\\rier" is no figure of emerald-rapids-guest/,
    ],
    [
      { ...file, figures: { memory: { value: -1, confidence: 'measured', source: '' } } },
      /figures\.memory\.value is -1/,
    ],
    [{ ...file, schema: 'vmemmap/cpu/v1' }, /schema is "vmemmap\/cpu\/v1"; it must be "vmemmap\/cpu-profile\/v1"/],
    [
      { ...file, caches: { L2: { size: 3 * 2 ** 18, ways: 16 } } },
      /caches\.L2 has 786432 bytes in 16 ways; lines of 64 bytes must make a power of two of sets, and make 768$/,
    ],
    [{ ...file, caches: { L2: { size: 2 ** 40, ways: 16 } } }, /size is 1099511627776; it must be at most 1073741824/],
    [{ ...file, name: '' }, /name is ""; it must have at least 1 characters/],
  ])('that is wrong is one sentence', (content, sentence) => {
    const path = join(FOLDER, 'wrong.json');
    writeFileSync(path, JSON.stringify(content));
    expect(() => readProfile(path)).toThrow(sentence);
  });
});

describe.skipIf(!hasCompiler)('vmemmap cpu --measure', { timeout: 120_000 }, () => {
  test('writes a profile of this machine that --cpu takes', () => {
    const path = join(FOLDER, 'measured.json');
    expect(vmemmap('cpu', '--measure', '--seconds', '5', '-o', path).status).toBe(0);
    const profile = profileFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    expect(profile.figures['clock']!.value).toBeGreaterThan(0.5);
    expect(profile.figures['memory']!.value).toBeGreaterThan(profile.figures['caches.L1D.latency']!.value);
    expect(vmemmap('cycles', 'src/story/partial-pmd.json', '--cpu', path).status).toBe(0);
  });

  test('refuses a time that is too short to say anything', () => {
    const { status, stderr } = vmemmap('cpu', '--measure', '--seconds', '1');
    expect([status, stderr]).toEqual([2, 'vmemmap: --seconds is 1; allowed are 5 to 3600\n']);
  });
});
