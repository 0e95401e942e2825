// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { vmemmap } from './cli.js';

describe('vmemmap cpu', { timeout: 60_000 }, () => {
  test('prints each figure with unit, confidence and source', () => {
    const { status, stdout } = vmemmap('cpu', 'altra-q80');
    expect(status).toBe(0);
    expect(stdout).toMatch(/flush\.range\.base +1\.68 µs \(1\.56 to 1\.74\) +arithmetic +calibrated: R\. Roberts/);
  });

  test('lists all of them, also as JSON', () => {
    expect(vmemmap('cpu').stdout).toContain('icelake-8358');
    const { schema, cpus } = JSON.parse(vmemmap('cpu', '--json').stdout) as { schema: string; cpus: unknown[] };
    expect(schema).toBe('vmemmap/cpu/v1');
    expect(cpus).toHaveLength(ARCHITECTURES.flatMap((each) => each.cpus).length);
  });

  test('says which there are when it knows none of that name', () => {
    expect(vmemmap('cpu', 'i486')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('allowed are') as string,
    });
  });
});
