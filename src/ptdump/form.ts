// SPDX-License-Identifier: GPL-2.0-only

import { ARCHITECTURES } from '../scenario/names.js';
import type { Ptdump } from '../kernel/ptdump.js';
import type { Scenario } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { memoryEnd } from './memory-end.js';

/**
 * How the machine of a scenario prints the vmemmap in kernel_page_tables.
 * @throws ScenarioError for an architecture or a release of which it is not known
 */
export function ptdumpOf(scenario: Scenario): Ptdump {
  const { architecture, config, traits, release } = scenario.machine;
  if (architecture.ptdump === undefined) {
    const known = ARCHITECTURES.filter((a) => a.ptdump !== undefined).map((a) => a.name);
    throw new ScenarioError(
      `machine.arch is "${architecture.name}"; kernel_page_tables is known of ${known.join(', ')}`,
    );
  }
  const ptdump = architecture.ptdump(config, traits, memoryEnd(scenario));
  if (typeof ptdump !== 'string') return ptdump;
  throw new ScenarioError(`machine.kernel is "${release.name}"; ${ptdump}`);
}
