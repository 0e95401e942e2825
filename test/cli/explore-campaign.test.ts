// SPDX-License-Identifier: GPL-2.0-only

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MAIN, vmemmap } from './cli.js';
import { found } from './explored.js';

/** One exploration on several threads, on several machines, in several sittings: it finds the same. */

const WORLD = ['explore', '--arch', 'x86_64', '--struct-page', '80', '--sections', '2'];
const WIDE = [...WORLD, '--unit', 'section', 'subsection', '--altmap', 'none', 'own', '--depth', '3'];

const folder = (): string => mkdtempSync(join(tmpdir(), 'vmemmap-campaign-'));

/** What one thread finds in one sitting. */
const alone = found(vmemmap(...WIDE, '--json').stdout);

describe('an exploration', () => {
  test('finds the same on two threads', () => {
    expect(found(vmemmap(...WIDE, '--workers', '2', '--json').stdout)).toEqual(alone);
  });

  test('finds the same in three shards that are merged', () => {
    const at = folder();
    const files = [1, 2, 3].map((index) => {
      const file = join(at, `${index}.vmx`);
      const { status, stderr } = vmemmap(...WIDE, '--shard', `${index}/3`, '--save', file);
      expect(stderr).toBe('');
      expect(status).toBe(1);
      return file;
    });
    expect(found(vmemmap('merge', ...files, '--json').stdout)).toEqual(alone);
  });

  test('finds the same when it ends early, again and again, and goes on', () => {
    const file = join(folder(), 'saved.vmx');
    vmemmap(...WIDE, '--max-states', '100', '--save', file);
    vmemmap('explore', '--resume', file, '--max-states', '400', '--workers', '2', '--save', file);
    const last = vmemmap('explore', '--resume', file, '--json');
    expect(found(last.stdout)).toEqual(alone);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('that %s interrupts says so, tells what it found, and saves the rest for later', async (signal, code) => {
    const file = join(folder(), 'saved.vmx');
    const child = spawn(process.execPath, [MAIN, ...WIDE.slice(0, -1), '9', '--save', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    setTimeout(() => child.kill(signal), 3000);
    await once(child, 'close');
    expect(child.exitCode).toBe(code);
    expect(stdout).toContain(`interrupted by ${signal}, in sequences of`);
    expect(stdout).toContain('no-hole');
    expect(existsSync(file)).toBe(true);
  });

  test('that may take no more memory says so', () => {
    expect(vmemmap(...WIDE, '--max-memory', '64K').stdout).toContain('ended by --max-memory');
  });
});

describe('what cannot be merged or gone on with', () => {
  const at = folder();
  const shard = (index: number, ...more: string[]): string => {
    const file = join(at, `${index}${more.length}.vmx`);
    vmemmap(...WORLD, '--depth', '3', '--shard', `${index}/2`, '--save', file, ...more);
    return file;
  };

  test('is answered with a sentence', () => {
    const one = shard(1);
    const two = shard(2);
    const other = shard(2, '--fail');
    expect(vmemmap('merge', one, two).status).toBe(0);
    expect(vmemmap('merge', one).stderr).toContain('shard 2 of 2 is missing; each of them is needed once');
    expect(vmemmap('merge', one, one).stderr).toContain('shard 1/2 is there twice');
    expect(vmemmap('merge', one, other).stderr).toContain('it is of another exploration than');
    const text = join(at, 'text.vmx');
    writeFileSync(text, 'not an exploration');
    expect(vmemmap('merge', text).stderr).toContain('it is no saved exploration');
    expect(vmemmap('explore', '--resume', join(at, 'nowhere')).stderr).toContain('(ENOENT)');
    expect(vmemmap(...WORLD, '--shard', '3/2', '--save', text).stderr).toContain('--shard is 3/2; allowed is i/n');
    expect(vmemmap(...WORLD, '--shard', '1/2').stderr).toContain('--save is not given');
    expect(vmemmap(...WORLD, '--workers', '0').stderr).toContain('--workers is 0; allowed are whole threads');
    expect(vmemmap(...WORLD, '--max-memory', 'much').stderr).toContain('--max-memory is much; must be bytes');
    expect(vmemmap('explore').stderr).toContain('--arch is not given');
    expect(vmemmap('explore', '--resume', text, '--depth', '4').stderr).toContain(
      "option '--resume <file>' cannot be used with option '--depth <n>'",
    );
  });
});
