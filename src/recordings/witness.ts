// SPDX-License-Identifier: GPL-2.0-only

import { basename } from 'node:path';
import { findRelease, type Release, resolveTraits } from '../history/releases.js';
import { type TraitKey, TRAITS, traitsOn } from '../history/traits/index.js';
import { readJson } from '../scenario/load.js';
import { hotplugSuiteOf } from './hotplug/index.js';
import { recordedKernelSchema } from './recorded-kernel.js';
import { verifyRecordedKernel } from './replay.js';
import { findMachine } from '../scenario/names.js';
import { verifyVector } from './vectors.js';

/**
 * Which recordings tell that a release has a trait, or has it not: such a case agrees with the release as it is, and does
 * not where that one trait is turned round.
 */

/** A recorded case that can be played on another kernel than the one that left it. */
export interface PlayableCase {
  readonly name: string;
  readonly arch: string;
  /** The kernel that left it. */
  readonly release: Release;
  /** Its architecture's own page tables are in it, and not a stand-in for them. */
  readonly isOfPageTables: boolean;
  /** Whether a kernel, by its name, leaves what was recorded. */
  agrees(kernel: string): boolean;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a replay finds no difference; a kernel that cannot play the case does not agree. */
function agreesIf(replay: () => unknown): boolean {
  try {
    return replay() === undefined;
  } catch {
    return false;
  }
}

function bootedCase(recorded: Json, file: string): PlayableCase | undefined {
  const release = findRelease(String(recorded['kernelRelease']));
  const machine = String(recorded['arch']);
  if (release === undefined) return undefined;
  return {
    name: basename(file),
    arch: findMachine(machine, 'arch').name,
    release,
    isOfPageTables: true,
    agrees(kernel) {
      const parsed = recordedKernelSchema.safeParse({ ...recorded, kernelRelease: kernel });
      return parsed.success && agreesIf(() => verifyRecordedKernel(parsed.data, basename(file)));
    },
  };
}

/** A vector of page tables says what it ran on in `machine`, one of the layer above there or in itself. */
function vectorCase(vector: Json, index = 0): PlayableCase | undefined {
  const inside = vector['machine'];
  const machine = isObject(inside) ? inside : vector;
  const release = findRelease(String(machine['kernel']));
  if (release === undefined) return undefined;
  const verifyAbove = hotplugSuiteOf(vector);
  const verify = verifyAbove ?? verifyVector;
  return {
    name: 'name' in vector ? String(vector['name']) : `row ${index + 1}`,
    arch: String(machine['arch']),
    release,
    isOfPageTables: verifyAbove === undefined,
    agrees(kernel) {
      const other = isObject(inside) ? { ...vector, machine: { ...inside, kernel } } : { ...vector, kernel };
      return agreesIf(() => verify(other));
    },
  };
}

/** The cases of a file that are of a known release. @throws InputError */
export function playableCases(file: string): PlayableCase[] {
  const content = readJson(file);
  const cases = Array.isArray(content)
    ? content.map((vector, index) => (isObject(vector) ? vectorCase(vector, index) : undefined))
    : [isObject(content) ? ('kernelRelease' in content ? bootedCase(content, file) : vectorCase(content)) : undefined];
  return cases.filter((each) => each !== undefined);
}

/** The name of a release in which some traits are turned round. */
export function turnedRound(release: Release, keys: readonly TraitKey[]): string {
  const traits = resolveTraits(release);
  return [release.name, ...keys.map((key) => `${traits[key] ? 'without' : 'with'} ${TRAITS[key].name}`)].join(' ');
}

/** Whether a case, which agrees with its release, tells that one of some traits is as it is there. */
const tellsOneOf = (recorded: PlayableCase, keys: readonly TraitKey[]): boolean =>
  keys.length > 0 && !recorded.agrees(turnedRound(recorded.release, keys));

/** Which of some traits a case tells of; those that only tell together are of none. */
function toldBy(recorded: PlayableCase, keys: readonly TraitKey[]): TraitKey[] {
  if (!tellsOneOf(recorded, keys)) return [];
  if (keys.length === 1) return [...keys];
  const half = Math.ceil(keys.length / 2);
  return [...toldBy(recorded, keys.slice(0, half)), ...toldBy(recorded, keys.slice(half))];
}

/** That a case tells of a trait. */
export interface Witness {
  readonly trait: TraitKey;
  readonly release: string;
  readonly name: string;
}

/**
 * The first case of each release that tells of a trait, for every trait of which one does.
 * @param known traits that need no witness more, by release
 */
export function witnesses(
  cases: readonly PlayableCase[],
  known: (release: string, key: TraitKey) => boolean,
): Witness[] {
  const found: Witness[] = [];
  const wanted = new Map<string, TraitKey[]>();
  for (const recorded of cases) {
    const release = recorded.release.name;
    const slot = `${release} ${recorded.arch}`;
    const keys = wanted.get(slot) ?? traitsOn(recorded.arch).filter((key) => !known(release, key));
    wanted.set(slot, keys);
    if (keys.length === 0 || !tellsOneOf(recorded, keys) || !recorded.agrees(release)) continue;
    const told = toldBy(recorded, keys);
    found.push(...told.map((trait) => ({ trait, release, name: recorded.name })));
    wanted.set(
      slot,
      keys.filter((key) => !told.includes(key)),
    );
  }
  return found;
}
