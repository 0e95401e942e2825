// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { VmemmapCode } from '../../../src/kernel/vmemmap-code.js';
import { bootedKernel, commandsOf, compare, type Real } from './commands.js';
import { EXCEPTIONS } from './exceptions.js';
import { bootedModel } from './model.js';
import { hasBug, WORLDS, type World } from './worlds.js';

/** Runs of random commands in each world. */
const RUNS = 60;
/** Runs in which something that is wrong must show. */
const PATIENCE = 400;
/** Milliseconds for a world; a busy machine takes long. */
const TIMEOUT = 120_000;

/** Random commands on a kernel and on the model, which must agree after each. */
function agreement(world: World, lifted?: string, prepare?: (real: Real) => void) {
  return fc.property(commandsOf(world, lifted), (commands) => {
    fc.modelRun(() => {
      const model = bootedModel(world);
      const real = bootedKernel(world);
      prepare?.(real);
      compare(model, real);
      return { model, real };
    }, commands);
  });
}

describe('who owns each page of the memmap, after any commands', () => {
  test.each(WORLDS.map((world) => [world.title, world] as const))(
    '%s',
    (_title, world) => fc.assert(agreement(world), { numRuns: RUNS }),
    TIMEOUT,
  );
});

describe('a kernel that errs is told from the model', () => {
  const defects: [string, (sound: VmemmapCode, real: Real) => Partial<VmemmapCode>][] = [
    [
      'memmap of an altmap is given to system memory',
      (sound) => ({ vmemmapFree: (start, end) => sound.vmemmapFree(start, end, null) }),
    ],
    [
      'memmap of system memory is given to an altmap',
      (sound, { run }) => ({
        vmemmapFree: (start, end, altmap) => sound.vmemmapFree(start, end, altmap ?? run.altmaps.get('own0')!),
      }),
    ],
    [
      'memmap that an altmap should give is taken from system memory',
      (sound) => ({ vmemmapPopulate: (start, end, nid) => sound.vmemmapPopulate(start, end, nid, null) }),
    ],
    ['memmap stays when its memory goes', () => ({ vmemmapFree: () => undefined })],
    [
      'an add that has failed says that it has not',
      (sound) => ({
        vmemmapPopulate: (start, end, nid, altmap) => {
          sound.vmemmapPopulate(start, end, nid, altmap);
          return 0;
        },
      }),
    ],
  ];
  const worlds = WORLDS.filter(
    ({ arch, structPageSize, release }) => arch !== 'ppc64' && structPageSize === 64 && release === '7.3',
  );
  const cases = defects.flatMap(([what, change]) => worlds.map((world) => [what, world.title, world, change] as const));

  test.each(cases)(
    '%s: %s',
    (_what, _title, world, change) => {
      const found = fc.check(
        agreement(world, undefined, (real) => {
          const sound = real.run.kernel.code;
          const code = Object.assign(Object.create(sound) as VmemmapCode, change(sound, real));
          Object.assign(real.run.kernel, { code });
        }),
        { numRuns: PATIENCE, seed: 1, endOnFailure: true },
      );
      expect(found.failed).toBe(true);
    },
    TIMEOUT,
  );
});

describe('where the kernel does not keep to the model it is for a bug of the catalogue', () => {
  test.each(EXCEPTIONS.map(({ bug, where }) => [bug, where] as const))(
    '%s',
    (bug, where) => {
      const worlds = WORLDS.filter((world) => where(world) && hasBug(world, bug));
      const differs = (world: World): boolean =>
        fc.check(agreement(world, bug), { numRuns: PATIENCE, seed: 1, endOnFailure: true }).failed;
      expect(worlds.some(differs)).toBe(true);
    },
    TIMEOUT,
  );
});
