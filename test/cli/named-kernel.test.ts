// SPDX-License-Identifier: GPL-2.0-only

import { expect, test, vi } from 'vitest';
import { namedKernel } from '../../src/cli/named-kernel.js';
import { reportDocument } from '../../src/page/build.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { scenarioSchema } from '../../src/scenario/schema.js';
import { scenario } from '../scenarios.js';

/** What is not known of a stable or a vendor kernel is said in one sentence, whatever command names it, and on the page. */

const SENTENCE =
  '6.6.50 is taken for 6.6 with no change known to have reached it; what else 6.6.y took over is not known';

test('a command says it once, beside its result', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect([namedKernel('6.6.50'), namedKernel('6.6.50', '--from')].map(({ name }) => name)).toEqual([
    '6.6.50',
    '6.6.50',
  ]);
  namedKernel('6.6');
  expect(write.mock.calls).toEqual([[`vmemmap: note: ${SENTENCE}\n`]]);
  write.mockRestore();
});

test('a page says it above the picture of the run', () => {
  const input: ScenarioInput = {
    machine: { arch: 'x86_64', kernel: '6.6.50' },
    steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }],
  };
  const request = { scenario: scenario(input), file: scenarioSchema.parse(input), name: 'add', command: 'vmemmap run' };
  expect(reportDocument([request], '').runs[0]!.remarks).toEqual([`${SENTENCE}.`]);
});
