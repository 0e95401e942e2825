// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../../hardware/hex.js';
import { GIB } from '../../hardware/units.js';
import { ARCHITECTURES } from '../../scenario/names.js';
import { size } from '../../events/words.js';
import { scenarioOfCommandLine } from '../../guest/from-command-line.js';
import { factsOf, type MachineFacts } from '../../plan/facts.js';
import { importIomem } from '../../plan/iomem.js';
import { importLsmem } from '../../plan/lsmem.js';
import { alignUp } from '../../hardware/align.js';
import { InputError, parseWith } from '../../scenario/input.js';
import { scenarioSchema } from '../../scenario/schema.js';
import { machineOf, releaseBeside } from '../../catalogue/here.js';
import { DEFAULT_RELEASE } from '../../history/releases.js';
import { importVmcoreinfo } from '../../plan/vmcoreinfo.js';
import { findKernelRelease } from '../../scenario/names.js';
import type { ScenarioInput } from '../../scenario/schema.js';
import type { Ask, Loaded } from './protocol.js';

/** Makes a scenario of what somebody has: told by its looks, since nobody says what a paste is. */

/** The lists of a machine name no architecture. */
const USUAL = ARCHITECTURES[0]!;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A scenario, of what was given or made of it, and how it was recognised. */
interface Recognised {
  readonly file: { readonly machine: ScenarioInput['machine'] };
  readonly told: string;
}

/** A machine with the memory of the facts, and a block that is plugged behind it. */
function machineScenario(facts: MachineFacts, what: string, name: string): Recognised {
  const { arch, blockSize, ram, assumed } = facts;
  const end = Math.max(0, ...ram.map((range) => range.end));
  const bytes = ram.reduce((sum, range) => sum + range.end - range.start, 0);
  const file = {
    name: 'machine',
    title: `A machine with ${size(bytes)}`,
    machine: {
      arch,
      structPageSize: facts.structPageSize,
      blockSize,
      boot: ram.map((range) => ({ start: hex(range.start), size: range.end - range.start })),
    },
    steps: [{ op: 'add-memory', start: hex(alignUp(end, Math.max(GIB, blockSize))), size: blockSize }],
  };
  const usual = assumed.length === 0 ? '' : `, and as usual: ${assumed.join(', ')}`;
  return {
    file: file,
    told: `${name}: ${what} with ${size(bytes)} of memory in ${ram.length} ranges; taken for ${arch}${usual}`,
  };
}

/** What was found first, of a result of `vmemmap explore --json`. */
function findingOf(result: Record<string, unknown>, name: string): Recognised {
  const { violations } = result;
  const all = Array.isArray(violations) ? violations.filter(isObject) : [];
  const [first] = all;
  if (first === undefined) throw new InputError(`${name}: the exploration found nothing; there is no scenario to load`);
  const { scenario, invariant } = first;
  parseWith(scenarioSchema, scenario, name);
  return {
    file: scenario as Recognised['file'],
    told: `${name}: the first of ${all.length} violations, ${String(invariant)}`,
  };
}

/** Lines beside a list of memory that tell the kernel: of `uname -r`, `uname -a`, the log or VMCOREINFO. */
const KERNEL_LINE = /^(?:.*\bLinux (?:version |\S+ )|OSRELEASE=)?(v?\d+\.\d+(?:\.\d+)?(?:[-+~.][\w.+~-]+)?)(?: .*)?$/;
const isKernelLine = (line: string): boolean => KERNEL_LINE.test(line.trim());
/** VMCOREINFO, a list of KEY=value. */
const VMCOREINFO_LINE = /^[A-Z_]+(?:\([^)]*\))?=\S*$/;

/** The lists that are in a text, apart from one another. */
function machineOfLists(text: string, name: string): Recognised & { readonly kernel: string | undefined } {
  const lines = text.split('\n');
  const isVmcoreinfo = (line: string): boolean => VMCOREINFO_LINE.test(line.trim());
  const keys = lines.filter(isVmcoreinfo).join('\n');
  const vmcoreinfo = keys === '' ? undefined : importVmcoreinfo(keys, name);
  const iomem = importIomem(lines.filter((line) => !isVmcoreinfo(line) && !isKernelLine(line)).join('\n'), name);
  const architecture = ARCHITECTURES.find((each) => each.name === vmcoreinfo?.arch) ?? USUAL;
  const said = lines.find((line) => !isVmcoreinfo(line) && isKernelLine(line));
  const [, kernel = vmcoreinfo?.kernelRelease] = KERNEL_LINE.exec(said?.trim() ?? '') ?? [];
  return { ...machineScenario(factsOf({ asked: {}, architecture, iomem, vmcoreinfo }), '/proc/iomem', name), kernel };
}

/** Takes a text for what it looks like. @throws InputError where nothing is recognised, or what is recognised is wrong */
function recognised(text: string, name: string): Recognised & { readonly kernel?: string | undefined } {
  if (/^\s*[[{]/.test(text)) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new InputError(`${name}: it is not JSON (${error instanceof Error ? error.message : String(error)})`);
    }
    if (isObject(value) && Array.isArray(value['memory'])) {
      const lsmem = importLsmem(text, name);
      return machineScenario(factsOf({ asked: {}, architecture: USUAL, lsmem }), 'lsmem', name);
    }
    if (isObject(value) && String(value['schema']).startsWith('vmemmap/explore/')) return findingOf(value, name);
    parseWith(scenarioSchema, value, name);
    return { file: value as Recognised['file'], told: `${name}: a scenario` };
  }
  if (/^ *[0-9a-f]+-[0-9a-f]+ : /im.test(text)) return machineOfLists(text, name);
  if (/\bqemu-(?:system-|kvm\b)/.test(text)) {
    const { scenario, remarks } = scenarioOfCommandLine(text, name, undefined);
    return { file: scenario, told: [`${name}: a QEMU command line`, ...remarks].join('; ') };
  }
  throw new InputError(
    `${name}: it is no scenario, no QEMU command line, nothing that lsmem --json or vmemmap explore --json prints, and no /proc/iomem`,
  );
}

/** Which kernels a machine is shown on: its own, and the next that has something fixed that it has. */
function kernelsOf(machine: ScenarioInput['machine'], said: string | undefined): { kernels: string[]; told: string } {
  const own = said ?? machine.kernel;
  const release = own === undefined ? DEFAULT_RELEASE : findKernelRelease(own, 'the kernel');
  const which =
    own === undefined ? `nothing names its kernel, which is taken for ${release.name}` : `on ${release.name}`;
  const beside = releaseBeside(machineOf(machine, release));
  const name = own ?? release.name;
  if (beside === undefined) return { kernels: [name], told: `${which}, the newest that is known` };
  const { release: next, ended } = beside;
  const why = ended.length === 0 ? 'the newest' : `the next that has ${ended.map(({ id }) => id).join(', ')} no more`;
  return { kernels: [name, next.name], told: `${which}, beside ${next.name}, ${why}` };
}

/**
 * @param name what to call the text in complaints
 * @throws InputError or ScenarioError where nothing is recognised, or what is recognised is wrong
 */
export function load({ name, text, kernel }: Ask['load']['request']): Loaded {
  const { file, told, kernel: found } = recognised(text, name);
  const on = kernelsOf(file.machine, kernel.trim() === '' ? found : kernel.trim());
  return { file, kernels: on.kernels, told: `${told}; ${on.told}` };
}
