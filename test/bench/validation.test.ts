// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MEASUREMENTS, NOT_EXPRESSED } from '../../src/bench/validation/measurements.js';
import { errorSummaries, hotAddBound, validationRows } from '../../src/bench/validation/validate.js';
import { WORK } from '../../src/cycles/work.js';
import { compareMeasured, measuredCostsSchema } from '../../src/bench/validation/measured-file.js';
import { measuredMarkdown, validationMarkdown } from '../../src/report/validation-text.js';
import { readJson } from '../../src/scenario/load.js';
import { MEASURED_COSTS } from './measured-costs.js';
import { vmemmap } from '../cli/cli.js';

const PAGE = readFileSync(join(import.meta.dirname, '../../src/cycles/HOW-FAR-TO-TRUST.md'), 'utf8');
const rows = validationRows();

/** Tables without the blanks and dashes that only make them look even. */
const plain = (markdown: string): string[] =>
  markdown.split('\n').flatMap((line) => {
    const text = line
      .replaceAll(/ *\| */g, '|')
      .replaceAll(/-+/g, '-')
      .trim();
    return text === '' ? [] : [text];
  });

describe('how far to trust the cycles', { timeout: 60_000 }, () => {
  test('the page shows the table as the model has it', () => {
    const shown = /<!-- validation -->\n([\s\S]*)<!-- end -->/.exec(PAGE)![1]!;
    expect(plain(shown)).toEqual(plain(validationMarkdown(rows, errorSummaries(rows), hotAddBound())));
  });

  test('the page shows the measured composites as the model has them', () => {
    const shown = /<!-- measured -->\n([\s\S]*)<!-- measured end -->/.exec(PAGE)![1]!;
    const verdict = compareMeasured(measuredCostsSchema.parse(readJson(MEASURED_COSTS)));
    expect(plain(shown)).toEqual(plain(measuredMarkdown(verdict)));
  });

  test('the published rows of machines that a profile covers are within 25 % in the median', () => {
    const { rows: counted, medianAbsolute } = errorSummaries(rows).at(-1)!;
    expect(counted).toBeGreaterThanOrEqual(10);
    expect(medianAbsolute).toBeLessThan(0.25);
  });

  test('only V3 and V5 have set a figure, and these come out within a tenth', () => {
    const calibrated = rows.filter(({ role }) => role === 'calibration');
    expect(new Set(calibrated.map(({ id }) => id))).toEqual(new Set(['V3', 'V5']));
    for (const { step, ratio } of calibrated) expect(Math.abs(ratio - 1), step).toBeLessThan(0.1);
    expect(WORK.entry.source).toContain('VM of 64 GiB');
  });

  test('the same barriers and flushes come out in the VM of four times the size', () => {
    for (const { id, step, ratio } of rows) if (id === 'V2') expect(Math.abs(ratio - 1), step).toBeLessThan(0.1);
  });

  test('each row has a source, and one that is off by more than a quarter says what is not modelled', () => {
    for (const { id, ratio } of rows.filter(({ role }) => role === 'test')) {
      const { source, notModelled } = MEASUREMENTS.find((m) => m.id === id)!;
      expect(source.length).toBeGreaterThan(10);
      if (Math.abs(ratio - 1) > 0.25) expect(notModelled, id).not.toBe('');
    }
    for (const { what, why } of NOT_EXPRESSED) expect(why.length, what).toBeGreaterThan(10);
  });

  test('what is modelled of a hot-add stays below the whole', () => {
    const { measured, predicted } = hotAddBound();
    expect(predicted).toBeGreaterThan(0);
    expect(predicted / measured).toBeLessThan(0.01);
  });

  test('vmemmap bench --validation prints it', () => {
    const result = JSON.parse(vmemmap('bench', '--validation', '--json').stdout) as { rows: unknown[] };
    expect(result).toMatchObject({ schema: 'vmemmap/bench-validation/v1' });
    expect(result.rows).toHaveLength(rows.length);
    expect(vmemmap('bench', '--validation').stdout).toContain('median absolute error');
  });
});
