// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fitted, highlighted, isColoured, show } from '../../src/cli/terminal.js';
import { file } from './cli.js';
import { vmemmapHere } from './here.js';

/** How results look on a terminal, and where none is. */

const { isTTY, columns, rows } = process.stdout;

/** Makes standard output a terminal, until the test ends. */
function onTerminal(size: { columns: number; rows: number }): void {
  Object.assign(process.stdout, { isTTY: true, hasColors: () => true, ...size });
}

afterEach(() => {
  Object.assign(process.stdout, { isTTY, columns, rows });
  Reflect.deleteProperty(process.stdout, 'hasColors');
  vi.unstubAllEnvs();
});

describe('colour', () => {
  test('is for terminals that have it', () => {
    expect(isColoured({})).toBeFalsy();
    onTerminal({ columns: 80, rows: 24 });
    expect(isColoured({})).toBe(true);
    Object.assign(process.stdout, { hasColors: () => false });
    expect(isColoured({})).toBe(false);
  });

  test('is refused by NO_COLOR, unless it is empty', () => {
    onTerminal({ columns: 80, rows: 24 });
    expect(isColoured({ NO_COLOR: '1' })).toBe(false);
    expect(isColoured({ NO_COLOR: '' })).toBe(true);
  });

  test('is forced by FORCE_COLOR, unless it is 0', () => {
    expect(isColoured({ FORCE_COLOR: '1' })).toBe(true);
    expect(isColoured({ FORCE_COLOR: '' })).toBe(true);
    onTerminal({ columns: 80, rows: 24 });
    expect(isColoured({ FORCE_COLOR: '0' })).toBe(false);
  });

  test('marks findings and nothing else of a run', async () => {
    const leaky = file('leaky.json', readFileSync('src/story/partial-pmd.json', 'utf8'));
    vi.stubEnv('FORCE_COLOR', '1');
    const { stdout } = await vmemmapHere('run', leaky, '--kernel', '5.12');
    expect(stdout).toContain('\x1b[31mfinding  step 5: no-leak:\x1b[39m');
    const out = `${leaky}.txt`;
    await vmemmapHere('run', leaky, '--kernel', '5.12', '-o', out);
    expect(readFileSync(out, 'utf8')).toBe(stripVTControlCharacters(stdout));
  });

  test('changes no letter', () => {
    vi.stubEnv('FORCE_COLOR', '1');
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('finding  step 1: no-leak: x', 'step 2 a', '  leaks  b', 'no findings')),
        (lines) => {
          const text = lines.join('\n');
          expect(stripVTControlCharacters(highlighted(text))).toBe(text);
        },
      ),
    );
  });
});

describe('width', () => {
  test('a line that is too long goes on below its last column', () => {
    expect(fitted('  counters    setP4d 1  setPud 1  setPmd 2  allocPages 1026', 40)).toBe(
      ['  counters    setP4d 1  setPud 1  setPmd', '              2  allocPages 1026'].join('\n'),
    );
    expect(fitted('short', 40)).toBe('short');
  });

  test('no line is longer than the terminal whose words are not', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    const line = fc.tuple(fc.nat(8), word, fc.nat(4), fc.array(word, { maxLength: 40 }));
    fc.assert(
      fc.property(line, fc.integer({ min: 40, max: 120 }), ([indent, label, gap, words], width) => {
        const text = `${' '.repeat(indent)}${label}${' '.repeat(gap + 1)}${words.join(' ')}`;
        const lines = fitted(text, width).split('\n');
        for (const each of lines) expect(stringWidth(each)).toBeLessThanOrEqual(width);
        expect(lines.join(' ').split(/\s+/)).toEqual(text.split(/\s+/));
      }),
    );
  });

  test('a result on a terminal has its width, and what is piped has whole lines', async () => {
    const long = (text: string): number => Math.max(...text.split('\n').map((each) => stringWidth(each)));
    const piped = await vmemmapHere('kernel', '5.13');
    expect(long(piped.stdout)).toBeGreaterThan(100);
    onTerminal({ columns: 100, rows: 10_000 });
    expect(long((await vmemmapHere('kernel', '5.13')).stdout)).toBeLessThanOrEqual(100);
  });
});

describe('the pager', () => {
  /** A pager that writes what it is given to a file. */
  const pagerTo = (name: string): string => {
    const path = file(name, '');
    vi.stubEnv('PAGER', `cat > '${path}'`);
    vi.stubEnv('VMEMMAP_PAGER', undefined);
    return path;
  };

  test('shows what is longer than the screen, and no less', async () => {
    const path = pagerTo('paged.txt');
    onTerminal({ columns: 200, rows: 5 });
    expect((await vmemmapHere('run', 'src/story/partial-pmd.json')).stdout).toBe('');
    expect(readFileSync(path, 'utf8')).toContain('no findings');
    expect((await vmemmapHere('repro', 'tail-keeps-leaf', '--json', '-o', `${path}.json`)).stdout).toBe('');
    onTerminal({ columns: 200, rows: 10_000 });
    expect((await vmemmapHere('run', 'src/story/partial-pmd.json')).stdout).toContain('no findings');
  });

  test('is left out by --no-pager, and where it is not there', async () => {
    pagerTo('unpaged.txt');
    onTerminal({ columns: 200, rows: 5 });
    expect((await vmemmapHere('--no-pager', 'run', 'src/story/partial-pmd.json')).stdout).toContain('no findings');
    vi.stubEnv('VMEMMAP_PAGER', 'no-such-pager-anywhere 2> /dev/null');
    expect((await vmemmapHere('run', 'src/story/partial-pmd.json')).stdout).toContain('no findings');
  });

  test('is not asked where no terminal is', () => {
    const path = pagerTo('piped.txt');
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    show('a\n'.repeat(1000));
    expect(written).toHaveBeenCalledOnce();
    written.mockRestore();
    expect(readFileSync(path, 'utf8')).toBe('');
  });
});
