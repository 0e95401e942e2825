// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { MEASURED_X86_CPUS } from '../../arch/x86_64/measured-cpus.js';
import { figuresOf } from '../../src/cycles/profile.js';
import { measuredCosts } from '../bench/measured-costs.js';

/** Figures of the two measured CPUs against the primitive rows that their sources name. */

const { measurements } = measuredCosts();
const CLOCK = 'clock';
/** Rows differ by as much among rounds; a figure stands within this of the row that it names. */
const WITHIN = 0.06;
const ROW = /\b(?:lat|fill|scan|copy|lock|call)\.[A-Za-z0-9.]+/g;

describe.each(MEASURED_X86_CPUS)('$name', (profile) => {
  const { rows } = measurements.find(({ cpuid1 }) => cpuid1 === profile.cpuid)!;
  const row = (id: string) => rows.find((r) => r.id === id && r.kind === 'primitive');

  test('every figure that is measured is what a primitive row of its machine says', () => {
    let compared = 0;
    for (const { name, value, unit, confidence, source } of figuresOf(profile)) {
      if (confidence !== 'measured' || name === CLOCK || unit === 'times') continue;
      const ids = source.match(ROW);
      if (ids === null) continue;
      const told = ids.map((id) => row(id)).filter((r) => r !== undefined);
      const values = told.map(({ cycles, bytes_per_cycle }) =>
        unit === 'bytes/cycle' ? bytes_per_cycle! : cycles!.p10,
      );
      if (values.length === 0) continue;
      const nearest = Math.min(...values.map((v) => Math.abs(value / v - 1)));
      expect(nearest, `${name} is ${value}, its rows say ${values.join(', ')}`).toBeLessThanOrEqual(WITHIN);
      compared++;
    }
    expect(compared).toBeGreaterThan(25);
  });

  test('no figure names a composite: they test the model', () => {
    const composites = rows.filter(({ kind }) => kind === 'composite').map(({ id }) => id);
    expect(composites.length).toBeGreaterThan(80);
    for (const { name, source } of figuresOf(profile)) {
      for (const id of composites) expect(source.split(/[ ,;]+/), name).not.toContain(id);
    }
  });
});
