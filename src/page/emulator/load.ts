// SPDX-License-Identifier: GPL-2.0-only

import { ARCHITECTURES } from '../../scenario/names.js';
import { size } from '../../events/words.js';
import { scenarioOfCommandLine } from '../../guest/from-command-line.js';
import { factsOf, type MachineFacts, type Sources } from '../../plan/facts.js';
import { importIomem } from '../../plan/iomem.js';
import { importLsmem } from '../../plan/lsmem.js';
import { alignUp } from '../../hardware/align.js';
import { InputError, parseWith } from '../../scenario/input.js';
import { scenarioSchema } from '../../scenario/schema.js';
import type { Loaded } from './protocol.js';

/** Makes a scenario of what somebody has: told by its looks, since nobody says what a paste is. */

const GIB = 2 ** 30;
/** The lists of a machine name no architecture. */
const USUAL = ARCHITECTURES[0]!;

const hex = (value: number): string => `0x${value.toString(16)}`;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A machine with the memory of the facts, and a block that is plugged behind it. */
function machineScenario(facts: MachineFacts, what: string, name: string): Loaded {
  const { arch, blockSize, ram, assumed } = facts;
  const end = Math.max(0, ...ram.map((range) => range.end));
  const bytes = ram.reduce((sum, range) => sum + range.end - range.start, 0);
  return {
    file: {
      name: 'machine',
      title: `A machine with ${size(bytes)}`,
      machine: {
        arch,
        structPageSize: facts.structPageSize,
        blockSize,
        boot: ram.map((range) => ({ start: hex(range.start), size: range.end - range.start })),
      },
      steps: [{ op: 'add-memory', start: hex(alignUp(end, Math.max(GIB, blockSize))), size: blockSize }],
    },
    told: `${name}: ${what} with ${size(bytes)} of memory in ${ram.length} ranges; taken for ${arch}, and as usual: ${assumed.join(', ')}`,
  };
}

const machineOf = (sources: Pick<Sources, 'lsmem' | 'iomem'>, what: string, name: string): Loaded =>
  machineScenario(factsOf({ asked: {}, architecture: USUAL, ...sources }), what, name);

/** What was found first, of a result of `vmemmap explore --json`. */
function findingOf(result: Record<string, unknown>, name: string): Loaded {
  const { violations } = result;
  const all = Array.isArray(violations) ? violations.filter(isObject) : [];
  const [first] = all;
  if (first === undefined) throw new InputError(`${name}: the exploration found nothing; there is no scenario to load`);
  const { scenario, invariant } = first;
  parseWith(scenarioSchema, scenario, name);
  return { file: scenario, told: `${name}: the first of ${all.length} violations, ${String(invariant)}` };
}

/**
 * @param name what to call the text in complaints
 * @throws InputError where nothing is recognised, or what is recognised is wrong
 */
export function load(name: string, text: string): Loaded {
  if (/^\s*[[{]/.test(text)) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new InputError(`${name}: it is not JSON (${error instanceof Error ? error.message : String(error)})`);
    }
    if (isObject(value) && Array.isArray(value['memory']))
      return machineOf({ lsmem: importLsmem(text, name) }, 'lsmem', name);
    if (isObject(value) && String(value['schema']).startsWith('vmemmap/explore/')) return findingOf(value, name);
    parseWith(scenarioSchema, value, name);
    return { file: value, told: `${name}: a scenario` };
  }
  if (/^ *[0-9a-f]+-[0-9a-f]+ : /im.test(text))
    return machineOf({ iomem: importIomem(text, name) }, '/proc/iomem', name);
  if (/\bqemu-(?:system-|kvm\b)/.test(text)) {
    const { scenario, remarks } = scenarioOfCommandLine(text, name, undefined);
    return { file: scenario, told: [`${name}: a QEMU command line`, ...remarks].join('; ') };
  }
  throw new InputError(
    `${name}: it is no scenario, no QEMU command line, nothing that lsmem --json or vmemmap explore --json prints, and no /proc/iomem`,
  );
}
