// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findCompiler, FLAGS } from '../../src/tree/compiler.js';
import { loadable, Module } from '../../src/tree/module.js';

const npm = findCompiler('npm');
const skipped = npm === undefined ? ' (skipped: @yowasp/clang is not installed)' : '';
const script = fileURLToPath(new URL('../../src/tree/npm-compile.ts', import.meta.url));

describe.skipIf(npm === undefined)(`the Clang from npm${skipped}`, () => {
  test('writes a module and nothing else', { timeout: 60_000 }, () => {
    const files = [{ file: 'linux/one.h', text: '#define ONE 1' }];
    const unit = '#include "linux/one.h"\n__attribute__((export_name("one"))) int one(void) { return ONE; }';
    const input = JSON.stringify({ unit, files, flags: FLAGS });
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], { input });
    expect(stderr.toString()).toBe('');
    expect(() => new Module(loadable(new Uint8Array(stdout)))).not.toThrow();
  });
});
