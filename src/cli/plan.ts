// SPDX-License-Identifier: GPL-2.0-only

import type { Architecture } from '../../arch/architecture.js';
import { DEFAULT_RELEASE, findRelease, RELEASE_NAMES } from '../history/releases.js';
import type { OutputOf } from '../report/output-schemas/index.js';
import { planText, type PlannedBug } from '../report/plan.js';
import { bugsHereInTurns, machineOf } from '../catalogue/here.js';
import { toTheEnd } from '../scenario/turns.js';
import { factsOf, type MachineFacts, type Sources } from '../plan/facts.js';
import { importIomem } from '../plan/iomem.js';
import { type LiveMachine, readLiveMachine } from '../plan/live.js';
import { importLsmem } from '../plan/lsmem.js';
import { importDaxctl, importNdctl } from '../plan/ndctl.js';
import { readText } from '../plan/text.js';
import { importVmcoreinfo, type Vmcoreinfo } from '../plan/vmcoreinfo.js';
import { InputError } from '../scenario/load.js';
import { type Plan, planOf } from '../plan/plan.js';
import { roomFields } from '../scenario/schema.js';
import type { OtherKernel } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { DEFAULT_ARCHITECTURE, findArchitecture, findMachine } from '../scenario/names.js';
import { size, type MachineConfig } from '../../arch/machine-fields.js';
import { EXIT_OK } from './exit-codes.js';
import { namedKernel } from './named-kernel.js';
import { outputText, writeResult } from './output.js';

export interface PlanOptions {
  lsmem?: string;
  iomem?: string;
  ndctl?: string;
  daxctl?: string;
  vmcoreinfo?: string;
  arch?: string;
  mmu?: string;
  kernel?: string;
  pageSize?: string;
  structPage?: string;
  blockSize?: string;
  memmapOnMemory?: 'n' | 'y' | 'force';
  json?: true;
  output?: string;
}

function bytes(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = size.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InputError(`${option} is "${text}"; it must be bytes such as 4096, or text such as "4K" or "128M"`);
}

function mmuOf(text: string | undefined): MachineConfig['mmu'] {
  const parsed = roomFields.mmu.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InputError(`--mmu is "${text}"; it ${parsed.error.issues[0]!.message}`);
}

const imported = <T>(file: string | undefined, importer: (text: string, file: string) => T): T | undefined =>
  file === undefined ? undefined : importer(readText(file), file);

/** The tree of the live machine; without privilege the kernel shows zeros, and the blocks of /sys have to do. */
function liveIomem(live: LiveMachine, remarks: string[]): Sources['iomem'] {
  if (live.iomem === '') return undefined;
  try {
    return importIomem(live.iomem, '/proc/iomem');
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    remarks.push(`${error.message}; the memory blocks of /sys are used, which tell of no holes in them`);
    return undefined;
  }
}

function architectureOf(
  options: PlanOptions,
  live: LiveMachine | undefined,
  vmcoreinfo: Vmcoreinfo | undefined,
  remarks: string[],
): Architecture {
  const told = vmcoreinfo?.arch;
  if (options.arch !== undefined) {
    const asked = findArchitecture(options.arch, '--arch');
    if (told !== undefined && told !== asked.name) {
      remarks.push(`${options.vmcoreinfo!} is of ${told}, and --arch names ${asked.name}; the latter is planned`);
    }
    return asked;
  }
  if (told !== undefined) return findArchitecture(told, `the architecture of ${options.vmcoreinfo!}`);
  if (live !== undefined) {
    return findMachine(live.machine, 'the architecture of this machine');
  }
  remarks.push(`the lists name no architecture; it is taken for ${DEFAULT_ARCHITECTURE.name}, --arch names another`);
  return DEFAULT_ARCHITECTURE;
}

/** The kernel that a machine runs, as far as it is covered. */
function ownKernel(facts: MachineFacts, remarks: string[]): OtherKernel | undefined {
  if (facts.kernelRelease === undefined) return undefined;
  const release = findRelease(facts.kernelRelease);
  if (release !== undefined) return { release };
  remarks.push(`kernel ${facts.kernelRelease} is not covered; covered are ${RELEASE_NAMES}`);
  return undefined;
}

/** What a complaint calls a field: the option that has set it, or the file that told it. */
function toldBy(field: string, options: PlanOptions): string | undefined {
  const { pageSize, structPage, blockSize, vmcoreinfo, lsmem } = options;
  const told: Readonly<Record<string, readonly (string | false | undefined)[]>> = {
    'machine.pageSize': [pageSize && '--page-size', vmcoreinfo && `${vmcoreinfo}: PAGESIZE`],
    'machine.structPageSize': [structPage && '--struct-page', vmcoreinfo && `${vmcoreinfo}: SIZE(page)`],
    'machine.blockSize': [blockSize && '--block-size', lsmem && `${lsmem}: the size of a memory block`],
    'machine.sectionSizeBits': [vmcoreinfo && `${vmcoreinfo}: NUMBER(SECTION_SIZE_BITS)`],
    'machine.vaBits': [vmcoreinfo && `${vmcoreinfo}: NUMBER(VA_BITS)`],
  };
  return told[field]?.find((source): source is string => typeof source === 'string' && source !== '');
}

/** Plans, and complains of what the user wrote and not of what became of it. @throws ScenarioError */
function planned(facts: MachineFacts, kernel: OtherKernel, options: PlanOptions): Plan {
  try {
    return planOf(facts, kernel);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const [field = ''] = /^machine\.\w+/.exec(error.message) ?? [];
    const source = toldBy(field, options);
    throw source === undefined ? error : new ScenarioError(error.message.replace(field, source));
  }
}

/** Entries of the catalogue that show on the machine; of a tree `vmemmap test` tells more. */
function knownBugs({ machine }: Plan, { release }: OtherKernel): PlannedBug[] {
  if (release.tree !== undefined) return [];
  const { arch, pageSize, structPageSize, mmu } = machine;
  return toTheEnd(bugsHereInTurns(machineOf({ arch, pageSize, structPageSize, mmu }, release))).flatMap(
    ({ bug: { id, name, title }, finding, endedBy }) =>
      finding === undefined ? [] : [{ id, name, title, endedBy: endedBy?.name ?? null }],
  );
}

/** `vmemmap plan`. Returns the exit code. */
export function plan(options: PlanOptions): number {
  const remarks: string[] = [];
  const vmcoreinfo = imported(options.vmcoreinfo, importVmcoreinfo);
  const live = options.lsmem === undefined && options.iomem === undefined ? readLiveMachine() : undefined;
  const facts = factsOf({
    asked: {
      mmu: mmuOf(options.mmu),
      pageSize: bytes('--page-size', options.pageSize),
      structPageSize: bytes('--struct-page', options.structPage),
      blockSize: bytes('--block-size', options.blockSize),
      memmapOnMemory: options.memmapOnMemory,
    },
    architecture: architectureOf(options, live, vmcoreinfo, remarks),
    lsmem: imported(options.lsmem, importLsmem),
    iomem: live === undefined ? imported(options.iomem, importIomem) : liveIomem(live, remarks),
    ndctl: imported(options.ndctl, importNdctl),
    daxctl: imported(options.daxctl, importDaxctl),
    vmcoreinfo,
    live,
  });
  remarks.push(...facts.remarks);
  const own = ownKernel(facts, remarks);
  const asked = options.kernel === undefined ? undefined : { release: namedKernel(options.kernel) };
  if (own === undefined && asked === undefined) {
    const why = facts.kernelRelease === undefined ? 'nothing names the kernel; it' : 'it';
    remarks.push(`${why} is taken for ${DEFAULT_RELEASE.name}, --kernel names another`);
  }
  const chosen = asked ?? own ?? { release: DEFAULT_RELEASE };
  const main = planned(facts, chosen, options);
  const current: Plan | undefined =
    asked !== undefined && own !== undefined && own.release.name !== asked.release.name
      ? planned(facts, own, options)
      : undefined;
  for (const { release } of current === undefined ? [chosen] : [chosen, own!]) {
    const isOwn = asked === undefined && facts.kernelRelease !== undefined;
    if (release.remark !== undefined)
      remarks.push(isOwn ? `${release.remark}; --kernel names another` : release.remark);
  }
  const bugs = knownBugs(main, chosen);
  if (options.json) {
    const result: OutputOf<'plan'> = { schema: 'vmemmap/plan/v1', ...main, ...(current && { current }), bugs, remarks };
    writeResult(outputText(result), options.output);
  } else {
    writeResult(planText(main, current, bugs, remarks), options.output);
  }
  return EXIT_OK;
}
