// SPDX-License-Identifier: GPL-2.0-only

import type { Elsewhere } from '../bench/elsewhere.js';
import { HYPERVISORS, type CpuProfile, type Hypervisor, type RemoteNode } from '../cycles/profile.js';
import { GIB, KIB, MIB } from '../hardware/units.js';
import { allowedAre } from '../scenario/did-you-mean.js';
import { InputError } from '../scenario/load.js';
import { findCpu, registeredCpus } from './named-cpu.js';

/** Options of commands that run with the clock on: which CPU, how many, and who runs below the kernel. */

export interface ClockOptions {
  cpu?: string;
  cpus?: string;
  together?: string;
  hypervisor?: string;
  nested?: string;
  nodeDistance?: string;
}

export interface ClockSettings extends Elsewhere {
  readonly cpu: CpuProfile | undefined;
  readonly cpus: number | undefined;
  /** CPUs that initialise struct pages at once. */
  readonly together: number | undefined;
  readonly hypervisor: Hypervisor | undefined;
}

const MAX_CPUS = 8192;

function cpuCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_CPUS) return count;
  throw new InputError(`${option} is ${text}; allowed are 1 to ${MAX_CPUS}`);
}

/** The number of CPUs at once, where the profile has a figure for it. @throws InputError */
function togetherOf(text: string | undefined, profile: CpuProfile | undefined): number | undefined {
  const count = cpuCount('--together', text);
  if (count === undefined || profile?.throughput?.together !== undefined) return count;
  throw new InputError(
    `--together is ${count}; allowed is it with a --cpu whose figures say what several CPUs at once cost: see vmemmap cpu`,
  );
}

function hypervisorOf(text: string): Hypervisor {
  const known = HYPERVISORS.find((name) => name === text);
  if (known !== undefined) return known;
  throw new InputError(`--hypervisor is "${text}"; ${allowedAre(text, HYPERVISORS)}`);
}

/** Leaves of a second stage, by the word of the option. */
const SECOND_STAGE_LEAVES: Readonly<Record<string, number>> = { '4K': 4 * KIB, '2M': 2 * MIB, '1G': GIB };

const namesOf = (knows: (profile: CpuProfile) => boolean): string =>
  registeredCpus()
    .filter(({ profile }) => knows(profile))
    .map(({ profile }) => profile.name)
    .join(', ');

/** The leaf of the second stage, where the profile knows what walks take under nested paging. @throws InputError */
function nestedOf(text: string | undefined, profile: CpuProfile | undefined): number | undefined {
  if (text === undefined) return undefined;
  const leaf = SECOND_STAGE_LEAVES[text];
  if (leaf === undefined) {
    throw new InputError(`--nested is "${text}"; ${allowedAre(text, Object.keys(SECOND_STAGE_LEAVES))}`);
  }
  const figure = profile?.tlb.nested;
  if (typeof figure === 'object') return leaf;
  const why =
    figure === 'inside'
      ? `walks of ${profile!.name} were measured with what ran below the kernel, which is inside`
      : profile === undefined
        ? '--cpu is not given'
        : `${profile.name} has no figure of walks under nested paging`;
  const known = namesOf(({ tlb }) => typeof tlb.nested === 'object');
  throw new InputError(`--nested is ${text} and ${why}; allowed is it with a --cpu of ${known}`);
}

/** Distance of a node from itself in the SLIT. */
const LOCAL_DISTANCE = 10;

const nodeText = ({ name, distances }: RemoteNode): string => `${distances.join(' or ')} (${name})`;

/** The node at a distance, where the profile knows what its memory takes. @throws InputError */
function nodeOf(text: string | undefined, profile: CpuProfile | undefined): RemoteNode | undefined {
  if (text === undefined || Number(text) === LOCAL_DISTANCE) return undefined;
  const remote = profile?.remote;
  if (remote === undefined) {
    const why = profile === undefined ? '--cpu is not given' : `${profile.name} has no figure of another node`;
    const known = namesOf((known) => known.remote !== undefined);
    throw new InputError(`--node-distance is ${text} and ${why}; allowed is it with a --cpu of ${known}`);
  }
  const node = remote.find(({ distances }) => distances.includes(Number(text)));
  if (node !== undefined) return node;
  throw new InputError(
    `--node-distance is ${text}; allowed for ${profile!.name} are ${LOCAL_DISTANCE} (its own node), ${remote.map(nodeText).join(', ')}`,
  );
}

/** @throws InputError */
export function clockSettings(options: ClockOptions): ClockSettings {
  const { cpu, cpus, together, hypervisor, nested, nodeDistance } = options;
  const profile = cpu === undefined ? undefined : findCpu(cpu, '--cpu').profile;
  const below = hypervisor === undefined ? undefined : hypervisorOf(hypervisor);
  return {
    cpu: profile,
    cpus: cpuCount('--cpus', cpus),
    together: togetherOf(together, profile),
    hypervisor: below,
    nested: nestedOf(nested, profile),
    node: nodeOf(nodeDistance, profile),
  };
}

/** How a run is shown call by call. */
export interface CallFormats {
  folded?: true;
  trace?: true;
  funcgraph?: true;
}

/** At most one of the formats that are told by flags. @throws InputError */
export function onlyFormat<Name extends string>(flags: Readonly<Partial<Record<Name, unknown>>>): Name | undefined {
  const given = (Object.keys(flags) as Name[]).filter((name) => flags[name] === true);
  if (given.length > 1) throw new InputError(`--${given[0]!} and --${given[1]!} do not go together; give one of them`);
  return given[0];
}
