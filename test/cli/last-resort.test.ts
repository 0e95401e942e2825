// SPDX-License-Identifier: GPL-2.0-only

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defectText } from '../../src/cli/last-resort.js';
import { packageRoot } from '../../src/cli/package-root.js';
import { writeWhole } from '../../src/scenario/whole-file.js';
import { file, MAIN, vmemmap } from './cli.js';

const SCENARIO = 'src/story/partial-pmd.json';
const folder = (): string => mkdtempSync(join(tmpdir(), 'vmemmap-last-'));
/** A command line as a shell runs it; standard output goes where the command sends it. */
const shell = (command: string) => spawnSync('bash', ['-c', command], { encoding: 'utf8' });
const program = `${process.execPath} ${MAIN}`;

describe('a file that a result goes to', () => {
  test('is there as a whole, with nothing beside it, and keeps its mode', () => {
    const at = folder();
    const path = join(at, 'result.txt');
    writeFileSync(path, 'old', { mode: 0o600 });
    expect(vmemmap('run', SCENARIO, '-o', path)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(path, 'utf8')).toContain('no findings\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(at)).toEqual(['result.txt']);
  });

  test('is the one that a link names, and the link stays', () => {
    const at = folder();
    writeFileSync(join(at, 'target'), 'old');
    symlinkSync('target', join(at, 'link'));
    writeWhole(join(at, 'link'), 'new');
    expect(readFileSync(join(at, 'target'), 'utf8')).toBe('new');
    expect(readdirSync(at).sort()).toEqual(['link', 'target']);
  });

  test('may be a device or a pipe', () => {
    expect(vmemmap('run', SCENARIO, '-o', '/dev/null')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(shell(`${program} run ${SCENARIO} -o /dev/stdout | tail -1`).stdout).toBe('no findings\n');
  });

  test('keeps what it had where it may grow no further, and the result is printed', () => {
    const path = join(folder(), 'result.json');
    writeFileSync(path, 'old');
    const { status, stderr, stdout } = shell(`ulimit -f 1; exec ${program} run ${SCENARIO} --json -o ${path}`);
    expect(stderr).toBe(`vmemmap: ${path}: it cannot be written (EFBIG)\n`);
    expect(status).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'vmemmap/run/v1' });
    expect(readdirSync(join(path, '..'))).toEqual(['result.json']);
  });
});

describe('standard output', () => {
  test('whose reader goes away ends the program quietly', () => {
    const { stderr, stdout } = shell(`${program} run ${SCENARIO} --json | head -1`);
    expect({ stderr, stdout }).toEqual({ stderr: '', stdout: '{\n' });
  });

  test.skipIf(!existsSync('/dev/full'))('that is full is a sentence, and no stack', () => {
    const { status, stderr } = shell(`${program} run ${SCENARIO} > /dev/full`);
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'vmemmap: standard output cannot be written (ENOSPC)\n' });
  });

  test('that is closed is no error', () => {
    expect(shell(`${program} run ${SCENARIO} >&-`)).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('a defect of the program', () => {
  test('asks for a report before it shows where it is', () => {
    const [sentence, versions, message, first] = defectText(new TypeError('no such leaf')).split('\n');
    expect(sentence).toMatch(/^vmemmap: this is a defect of vmemmap, not of its input; please report it/);
    expect(versions).toMatch(/^vmemmap \d+\.\d+\.\d+, Node\.js v\d+/);
    expect(message).toBe('TypeError: no such leaf');
    expect(first).toMatch(/^ +at /);
  });

  test('ends with 70, which is no finding', () => {
    const script = `
      import { reportDefects } from '${new URL('../../dist/src/cli/last-resort.js', import.meta.url).pathname}';
      reportDefects();
      throw new RangeError('out of reach');`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(status).toBe(70);
    expect(stderr).toMatch(/^vmemmap: this is a defect.*\n.*\nRangeError: out of reach\n/);
  });
});

test('a named file that cannot be made is a sentence, and the result is printed', () => {
  const { status, stdout, stderr } = vmemmap('run', SCENARIO, '-o', '/no/such/folder/out.txt');
  expect(stderr).toBe('vmemmap: /no/such/folder/out.txt: it cannot be written (ENOENT)\n');
  expect(stdout).toContain('no findings\n');
  expect(status).toBe(2);
});

test('help tells of the code', () => {
  expect(execFileSync(process.execPath, [MAIN, '--help'], { encoding: 'utf8' })).toContain(
    '70 a defect of this program',
  );
});

test('an exploration whose state cannot be saved tells what it found', () => {
  const path = join(file('taken', ''), 'below.vmx');
  const { status, stdout, stderr } = vmemmap('explore', '--arch', 'x86_64', '--depth', '2', '--save', path);
  expect(stdout).toContain('no violation');
  expect(stderr).toBe(`vmemmap: ${path}: it cannot be written (ENOTDIR)\n`);
  expect(status).toBe(2);
});

test('a package that was taken away is an error, not a search without end', () => {
  expect(() => packageRoot(join(folder(), 'dist'))).toThrow(/^the package of vmemmap is gone from \//);
});
