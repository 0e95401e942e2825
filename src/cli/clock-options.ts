// SPDX-License-Identifier: GPL-2.0-only

import { HYPERVISORS, type CpuProfile, type Hypervisor } from '../cycles/profile.js';
import { allowedAre } from '../scenario/did-you-mean.js';
import { InputError } from '../scenario/load.js';
import { findCpu } from './named-cpu.js';

/** Options of commands that run with the clock on: which CPU, how many, and who runs below the kernel. */

export interface ClockOptions {
  cpu?: string;
  cpus?: string;
  together?: string;
  hypervisor?: string;
}

export interface ClockSettings {
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

/** @throws InputError */
export function clockSettings({ cpu, cpus, together, hypervisor }: ClockOptions): ClockSettings {
  const profile = cpu === undefined ? undefined : findCpu(cpu, '--cpu').profile;
  const below = hypervisor === undefined ? undefined : hypervisorOf(hypervisor);
  return {
    cpu: profile,
    cpus: cpuCount('--cpus', cpus),
    together: togetherOf(together, profile),
    hypervisor: below,
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
