// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { MEASURED_X86_CPUS } from '../../arch/x86_64/measured-cpus.js';
import { compositeOf } from '../../src/bench/validation/composites.js';
import { compareMeasured, measuredCostsSchema } from '../../src/bench/validation/measured-file.js';
import { Processor } from '../../src/cycles/processor.js';
import { readJson } from '../../src/scenario/load.js';
import { vmemmap } from '../cli/cli.js';
import { MEASURED_COSTS } from './measured-costs.js';

const costs = measuredCostsSchema.parse(readJson(MEASURED_COSTS));
const verdict = compareMeasured(costs);
const [genoa, emerald] = MEASURED_X86_CPUS;

describe('composites that set no figure', () => {
  test('come out within 15 % in the median, on each CPU and in all', () => {
    expect(verdict.machines.map(({ cpu }) => cpu)).toEqual(['genoa-guest', 'emerald-rapids-guest']);
    for (const { medianAbsoluteError, cpu } of verdict.machines) expect(medianAbsoluteError, cpu).toBeLessThan(0.15);
    // What the model has today, so that a change of it is seen.
    expect(verdict.machines.map(({ medianAbsoluteError }) => Number(medianAbsoluteError.toFixed(3)))).toEqual([
      0.073, 0.036,
    ]);
  });

  test('struct page initialisation comes out within 15 % in the median', () => {
    for (const { groups, cpu } of verdict.machines) {
      for (const { group, medianAbsoluteError } of groups) {
        if (!/^(initialise|ZONE_DEVICE)/.test(group)) continue;
        expect(medianAbsoluteError, `${cpu} ${group}`).toBeLessThan(0.15);
      }
    }
  });

  test('every row of the file is expressed', () => {
    for (const { notExpressed } of verdict.machines) expect(notExpressed).toEqual([]);
  });

  test.each([
    'table.fill.hot',
    'table.all.cold',
    'pmd.8192.hot',
    'walk.8192.random.cold',
    'removebase.8192.hot',
    'populatebase.8192.cold',
    'mark.loop64.2M.4K.cold',
    'search.256K.2M.marked.stosb',
    'initcall.64.2M.16M',
    'devicecompound.96.2M.128M',
    'init.64.sse.4K.1G',
  ])('%s is a row that the grammar has', (id) => {
    const cycles = compositeOf(id)!.predict(new Processor({ profile: genoa! }));
    expect(cycles).toBeGreaterThan(0);
    expect(Number.isFinite(cycles)).toBe(true);
  });

  test.each([
    'table.fill',
    'walk.8192.warm',
    'init.64.1G.hot',
    'mark.stosb.3M.2M.hot',
    'constructor',
    '',
    'init.64.2M.16M.more',
  ])('"%s" is none', (id) => {
    expect(compositeOf(id)).toBeUndefined();
  });
});

describe('a core that does not wait', () => {
  const cycles = (id: string, profile = emerald!): number => compositeOf(id)!.predict(new Processor({ profile }));

  test('tests and writes 512 entries in order at 2 to 3 cycles each, and no latency', () => {
    const each = cycles('table.fill.hot') / 512;
    expect(each).toBeGreaterThanOrEqual(2);
    expect(each).toBeLessThan(3);
  });

  test('walks at the cost of its calls, though every level is a load', () => {
    expect(cycles('walk.8192.hot')).toBeLessThan(4 * emerald!.throughput!.call.value + 4);
  });

  test('initialises in memory at the larger of work and stores, not at their sum', () => {
    const stores = 64 / emerald!.fillLoop.rates.at(-1)!.value;
    expect(cycles('init.64.2M.1G')).toBeCloseTo(stores, 0);
  });

  test('pays on Intel for struct pages that begin inside a line, on Zen 4 for their bytes alone', () => {
    const perByte = (size: number, profile = emerald!): number => cycles(`init.${size}.2M.1G`, profile) / size;
    expect(perByte(56) / perByte(64)).toBeGreaterThan(1.2);
    expect(perByte(56, genoa) / perByte(64, genoa)).toBeCloseTo(1, 2);
  });

  test('waits for a cold search to begin, once', () => {
    const table = cycles('table.scan.cold') - cycles('table.scan.hot');
    expect(table).toBeGreaterThan(3 * emerald!.memory.value);
    expect(cycles('search.2M.2M.cold') / (2 ** 21 / emerald!.scan.rates.at(-1)!.value)).toBeLessThan(1.01);
  });

  test('slows down where several CPUs initialise at once, by the factor that was measured', () => {
    const one = new Processor({ profile: emerald! });
    const sixteen = new Processor({ profile: emerald!, together: 16 });
    for (const processor of [one, sixteen]) processor.initialise(2 ** 40, 2 ** 20, 2 ** 40, 2 ** 21, 64);
    expect(sixteen.clock.cycles / one.clock.cycles).toBeCloseTo(2.16, 1);
  });
});

describe('vmemmap bench --validation --measured', () => {
  test('prints the error of a file as JSON', () => {
    const { stdout } = vmemmap('bench', '--validation', '--measured', MEASURED_COSTS, '--json');
    const result = JSON.parse(stdout) as { schema: string; medianAbsoluteError: number };
    expect(result.schema).toBe('vmemmap/bench-measured/v1');
    expect(result.medianAbsoluteError).toBeCloseTo(verdict.medianAbsoluteError, 9);
  });

  test('lists a row that it cannot express, and does not drop it', () => {
    const [machine] = costs.measurements;
    const unknown = { id: 'fault.2M', kind: 'composite', cycles: { p10: 1 } };
    const { machines } = compareMeasured({ measurements: [{ ...machine!, rows: [...machine!.rows, unknown] }] });
    expect(machines[0]!.notExpressed).toEqual([{ id: 'fault.2M', why: 'no word of the grammar says what it does' }]);
  });

  test('asks for --cpu where no profile stands for a machine', () => {
    const [machine] = costs.measurements;
    const { rows } = machine!;
    expect(() => compareMeasured({ measurements: [{ machine: 'a box', rows }] })).toThrow(/give --cpu/);
  });
});
