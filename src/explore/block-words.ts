// SPDX-License-Identifier: GPL-2.0-only

import type { FaultPoint } from '../mm/system-memory.js';
import { joined, type AltmapChoice, type Draft, type Ground, type Range, type StepInput } from './words.js';

/** Memory blocks: they come, go online and offline, and go. */

/**
 * Places in steps with blocks that fail, each once a block. What fails before anything was done is left out, and what
 * ends as another does: pages that cannot be moved as a notifier that objects.
 */
const ADD_FAULTS: readonly FaultPoint[] = ['altmapAlloc', 'blockAlloc', 'blockRegister', 'blockIndex'];
const ONLINE_FAULTS: readonly FaultPoint[] = ['notifyPrepareOnline', 'notifyGoingOnline'];
const OFFLINE_FAULTS: readonly FaultPoint[] = ['isolate', 'notifyGoingOffline'];

/** Memory blocks that come, go online and offline, and go; while one is offline somebody may write to its memmap. */
export function draftBlocks({ options, bare, ranges, blocks }: Ground): Draft[] {
  const { traits, architecture } = bare.machine;
  /** Places that the release does not pass. */
  const unknown = new Set<FaultPoint>([
    ...(traits.momPerBlockAltmaps ? [] : (['altmapAlloc'] as const)),
    ...(traits.prepareOnlineNotifier ? [] : (['notifyPrepareOnline'] as const)),
  ]);
  const faultsOf = (points: readonly FaultPoint[], passages: number): Partial<Record<FaultPoint, number>>[] =>
    options.fail === true
      ? points
          .filter((point) => !unknown.has(point))
          .flatMap((point) => Array.from({ length: passages }, (_, i) => ({ [point]: i + 1 })))
      : [];
  const standby = architecture.hasStandbyMemory && traits.prepareOnlineNotifier ? { offlineInaccessible: true } : {};
  const add = (added: readonly number[], range: Range, memmapOnMemory: boolean): Draft[] => {
    const draft = { op: 'add' as const, ranges: added, altmap: null };
    const input = { op: 'add-memory' as const, ...range, memmapOnMemory, ...standby };
    const points = memmapOnMemory ? ADD_FAULTS : ADD_FAULTS.filter((point) => point !== 'altmapAlloc');
    return [
      { ...draft, input },
      ...faultsOf(points, added.length).map((fail): Draft => ({ ...draft, input: { ...input, fail }, hasFault: true })),
    ];
  };
  const own = ranges.slice(0, blocks);
  const holdsMemmap = traits.momOneBlock && bare.memmapOnMemory !== 'n';
  const adds: Readonly<Record<AltmapChoice, () => Draft[]>> = {
    none: () => own.flatMap((range, r) => add([r], range, false)),
    own: () => (holdsMemmap ? own.flatMap((range, r) => add([r], range, true)) : []),
    shared: () => (holdsMemmap ? own.slice(1).flatMap((next, r) => add([r, r + 1], joined(own[r]!, next), true)) : []),
    reserve: () => [],
    tight: () => [],
  };
  const toggle = (
    op: 'online' | 'offline',
    range: number,
    input: StepInput,
    points: readonly FaultPoint[],
  ): Draft[] => [
    { op, range, altmap: null, input },
    ...faultsOf(points, 1).map((fail): Draft => ({
      op,
      range,
      altmap: null,
      input: { ...input, fail } as StepInput,
      hasFault: true,
    })),
  ];
  return [
    ...options.altmaps.flatMap((choice) => adds[choice]()),
    ...own.flatMap((pages, range): Draft[] => [
      { op: 'remove', range, altmap: null, input: { op: 'remove-memory', ...pages } },
      { op: 'use', range, altmap: null, input: { op: 'use', ...pages } },
      ...toggle('online', range, { op: 'online', ...pages }, ONLINE_FAULTS),
      ...toggle('online', range, { op: 'online', ...pages, type: 'movable' }, []),
      ...toggle('offline', range, { op: 'offline', ...pages }, OFFLINE_FAULTS),
    ]),
  ];
}
