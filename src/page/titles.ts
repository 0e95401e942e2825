// SPDX-License-Identifier: GPL-2.0-only

import { size } from '../events/words.js';
import { hex } from '../hardware/hex.js';
import type { Scenario, Step } from '../scenario/scenario.js';

/** Steps as a list has them: by sections where the range is made of whole ones. */

function rangeTitle(start: number, bytes: number, sectionSize: number): string {
  const first = start / sectionSize;
  const count = bytes / sectionSize;
  if (!Number.isInteger(first) || !Number.isInteger(count)) return `${hex(start)} ${size(bytes)}`;
  return count === 1 ? `section ${first}` : `sections ${first}–${first + count - 1}`;
}

/** "remove-pages section 33", "add-pages 0x108000000 2 MiB, altmap dev". */
export function stepTitle(step: Step, { machine: { config } }: Scenario): string {
  const { pageSize, sectionSizeBits } = config;
  const sectionSize = 2 ** sectionSizeBits;
  if (!('pfn' in step)) {
    const where = 'start' in step ? ` ${rangeTitle(step.start, step.size, sectionSize)}` : '';
    const asked = step.op === 'virtio-mem' ? `, requested ${size(step.requested)}` : '';
    return `${step.op} ${step.device}${where}${asked}`;
  }
  const device = 'device' in step ? ` ${step.device}` : '';
  const altmap = 'altmap' in step && step.altmap !== null ? `, altmap ${step.altmap}` : '';
  const holds = 'frameContent' in step && step.frameContent !== undefined ? `, memory holds ${step.frameContent}` : '';
  const fails =
    'fail' in step && Object.keys(step.fail).length > 0 ? `, ${Object.keys(step.fail).join(', ')} fails` : '';
  return `${step.op}${device} ${rangeTitle(step.pfn * pageSize, step.nrPages * pageSize, sectionSize)}${altmap}${holds}${fails}`;
}
