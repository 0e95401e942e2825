// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { createAlphabet } from '../../src/explore/alphabet.js';
import { inspect } from '../../src/explore/violations.js';

/** A device with an altmap, the memory block beside it, the device gone and back: two leaves are on one frame. */
const DAMAGE = [
  'add-pages own1',
  'add-memory',
  'remove-pages own1',
  'add-pages own1',
  // Each of these writes the one memmap and thereby the other.
  'remove-memory',
  'add-memory',
];

test('damage that two steps do in the same words is a violation of the first of them', () => {
  const alphabet = createAlphabet({
    machine: { arch: 's390', kernel: '6.12.117', structPageSize: 56 },
    sections: 1,
    units: ['block', 'section'],
    altmaps: ['none', 'own'],
  });
  const sequence = DAMAGE.map((name) => {
    const [op, altmap = null] = name.split(' ');
    const action = alphabet.actions.find(
      ({ step }) => step.op === op && ('altmap' in step ? step.altmap : null) === altmap,
    )!;
    return { action, failing: 0 };
  });
  const seen = { invariant: 'no-cross-talk', sort: 'rewritten' };
  expect(inspect(alphabet, sequence.slice(0, -1), seen)?.length).toBe(DAMAGE.length - 1);
  expect(inspect(alphabet, sequence, seen)).toBeUndefined();
});
