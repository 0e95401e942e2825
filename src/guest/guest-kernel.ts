// SPDX-License-Identifier: GPL-2.0-only

import { MAX_STRUCT_PAGE_SIZE } from '../drivers/nvdimm.js';
import { isWithin } from '../history/releases.js';
import type { Scenario } from '../scenario/scenario.js';
import { FAULT_INJECTION_OPTIONS, type FailingStep } from './fault-injection.js';
import type { GuestDevice } from './guest-action.js';
import type { GuestPlan } from './guest-plan.js';

/** Which kernel a guest needs: the release, its configuration, and what gives it the scenario's size of struct page. */

export interface GuestKernel {
  /** The release, as Linux names it. */
  readonly release: string;
  /** A Debian package that is such a kernel; undefined where none is. */
  readonly debian?: string;
  /** Where the source is. */
  readonly source: string;
  readonly options: readonly string[];
  /** What else it takes, a sentence each. */
  readonly needs: readonly string[];
}

/** sizeof(struct page) of a distribution's kernel, bytes: with CONFIG_MEMCG. */
const USUAL_STRUCT_PAGE = 64;
/** Without CONFIG_MEMCG, and where nothing aligns it to two words. */
const SMALL_STRUCT_PAGE = 56;
const WORD = 8;
const TWO_WORDS = 16;

/** How a kernel gets struct pages of a size: what the recorded kernels of that size had. */
function structPageNeeds(
  alignsStructPage: boolean,
  debianStructPage: number,
  bytes: number,
): { options: string[]; needs: string[] } {
  if (bytes === USUAL_STRUCT_PAGE || bytes === debianStructPage) return { options: ['CONFIG_MEMCG=y'], needs: [] };
  const aligns = alignsStructPage && bytes % TWO_WORDS !== 0;
  const unaligned = aligns
    ? ['the line of Kconfig that selects HAVE_ALIGNED_STRUCT_PAGE is taken out, so struct page is aligned to one word']
    : [];
  if (bytes === SMALL_STRUCT_PAGE) return { options: ['# CONFIG_MEMCG is not set'], needs: unaligned };
  const words = (bytes - USUAL_STRUCT_PAGE) / WORD;
  const padding = !alignsStructPage || aligns ? words : words - 1;
  return {
    options: ['CONFIG_MEMCG=y'],
    needs: [
      ...unaligned,
      `${padding} ${padding === 1 ? 'word' : 'words'} of padding at the end of struct page (include/linux/mm_types.h), to ${bytes} bytes`,
    ],
  };
}

const BASE_OPTIONS = ['CONFIG_SPARSEMEM_VMEMMAP=y', 'CONFIG_MEMORY_HOTPLUG=y', 'CONFIG_MEMORY_HOTREMOVE=y'] as const;

const PTDUMP = ['CONFIG_DEBUG_FS=y', 'CONFIG_PTDUMP_DEBUGFS=y'] as const;

const PERSISTENT_MEMORY = ['CONFIG_ZONE_DEVICE=y', 'CONFIG_BLK_DEV_PMEM=y', 'CONFIG_NVDIMM_PFN=y'] as const;

/** Options that the driver of a kind of device needs. */
const OPTIONS_OF_KIND: Readonly<Record<GuestDevice['kind'], readonly string[]>> = {
  dimm: [],
  nvdimm: [...PERSISTENT_MEMORY, 'CONFIG_ACPI_NFIT=y', 'CONFIG_NVDIMM_DAX=y', 'CONFIG_DEV_DAX_PMEM=y'],
  'pmem-region': [...PERSISTENT_MEMORY, 'CONFIG_OF_PMEM=y', 'CONFIG_NVDIMM_DAX=y', 'CONFIG_DEV_DAX_PMEM=y'],
  'virtio-pmem': [...PERSISTENT_MEMORY, 'CONFIG_VIRTIO_PCI=y', 'CONFIG_VIRTIO_PMEM=y'],
  'virtio-mem': ['CONFIG_VIRTIO_PCI=y', 'CONFIG_VIRTIO_MEM=y'],
};

/** Without it the interval would count allocations of others. */
const COUNTS_WHAT_PASSES =
  'should_fail_ex() in lib/fault-inject.c asks fail_stacktrace() before it counts the interval, as 6.12 does and 6.1 does not';

/** Whether a device is to hold struct pages that are larger than its driver allows by itself. */
export const needsNvdimmKmsan = ({ machine: { config } }: Scenario, { actions }: GuestPlan): boolean =>
  config.structPageSize > MAX_STRUCT_PAGE_SIZE &&
  actions.some(({ action }) => action.op === 'create' && action.map === 'dev');

/** The kernel that a plan needs. @param failing steps in which allocations have to fail */
export function guestKernel(scenario: Scenario, plan: GuestPlan, failing: readonly FailingStep[]): GuestKernel {
  const { memmapOnMemory } = scenario;
  const { config, release } = scenario.machine;
  const { pageSize, structPageSize } = config;
  const { acpiDimms, kernel: facts } = plan.machine;
  const geometryOption = facts.geometryOption(config);
  const kinds = new Set(plan.devices.map(({ kind }) => kind));
  const { alignsStructPage: aligns, debianStructPage = USUAL_STRUCT_PAGE } = facts;
  const isAligned = typeof aligns === 'boolean' ? aligns : isWithin(release.mainline, aligns.from, undefined);
  const struct = structPageNeeds(isAligned, debianStructPage, structPageSize);
  const options = [
    ...BASE_OPTIONS,
    ...(plan.machine.ptdump === undefined ? [] : PTDUMP),
    ...(geometryOption === undefined ? [] : [geometryOption]),
    ...(acpiDimms && kinds.has('dimm') ? ['CONFIG_ACPI_HOTPLUG_MEMORY=y'] : []),
    ...(memmapOnMemory === 'n' ? [] : ['CONFIG_MHP_MEMMAP_ON_MEMORY=y']),
    ...[...kinds].flatMap((kind) => OPTIONS_OF_KIND[kind]),
    ...(plan.actions.some(({ action }) => action.op === 'kmem') ? ['CONFIG_DEV_DAX_KMEM=y'] : []),
    ...(failing.length > 0 ? FAULT_INJECTION_OPTIONS.map((option) => `${option}=y`) : []),
    ...struct.options,
  ];
  const debian = facts.debian[release.name]?.[pageSize];
  // None of Debian's kernels has fault injection.
  const isStock =
    structPageSize === debianStructPage &&
    (facts.debianHas?.(config) ?? true) &&
    failing.length === 0 &&
    (facts.debianHasDimms || !kinds.has('dimm')) &&
    config.vaBits !== 52;
  return {
    release: release.name,
    ...(debian !== undefined && isStock ? { debian: `linux-image-${debian}` } : {}),
    source: `tag v${release.name} of ${release.name === release.mainline ? 'torvalds/linux.git' : 'stable/linux.git'}`,
    options: [...new Set(options)],
    needs: [
      ...struct.needs,
      ...(failing.some(({ first }) => first > 1) ? [COUNTS_WHAT_PASSES] : []),
      ...(needsNvdimmKmsan(scenario, plan)
        ? [
            `page_struct_override is true in drivers/nvdimm/pfn_devs.c, as CONFIG_NVDIMM_KMSAN makes it: else no device holds struct pages of more than ${MAX_STRUCT_PAGE_SIZE} bytes`,
          ]
        : []),
    ],
  };
}
