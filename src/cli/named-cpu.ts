// SPDX-License-Identifier: GPL-2.0-only

import { sep } from 'node:path';
import type { CpuProfile } from '../cycles/profile.js';
import { readProfile } from '../measure/profile-file.js';
import { didYouMean } from '../scenario/did-you-mean.js';
import { InputError } from '../scenario/input.js';
import { ARCHITECTURES } from '../scenario/names.js';

/** CPUs by the names that the command line takes. */

const PROFILE_ENDING = '.json';

/** A CPU with the architecture that has registered it. */
export interface RegisteredCpu {
  arch: string;
  profile: CpuProfile;
}

/** Every CPU whose costs are known. */
export const registeredCpus = (): RegisteredCpu[] =>
  ARCHITECTURES.flatMap(({ name, cpus }) => cpus.map((profile) => ({ arch: name, profile })));

/** The CPU of a name, or of a file that `vmemmap cpu --measure` wrote. @throws InputError */
export function findCpu(name: string, field = 'the CPU'): RegisteredCpu {
  const all = registeredCpus();
  const found = all.find(({ profile }) => profile.name === name);
  if (found) return found;
  if (name.endsWith(PROFILE_ENDING) || name.includes(sep)) {
    const profile = readProfile(name);
    return { arch: all.find(({ profile: { name } }) => name === profile.base)!.arch, profile };
  }
  const names = all.map(({ profile }) => profile.name);
  throw new InputError(
    `${field} is "${name}"; allowed are ${names.join(', ')}, or a file of vmemmap cpu --measure${didYouMean(name, names)}`,
  );
}
