// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { ARCHITECTURES } from '../../arch/index.js';
import { ADDRESS_LIMIT, flag, physical, size, virtual, whole, type RoomFields } from '../../arch/machine-fields.js';
import { FRAME_CONTENTS } from '../kernel/frame-content.js';
import { FAULT_POINTS } from '../mm/system-memory.js';

/** Scenario files: what a user may write. Sizes and addresses are turned into numbers here and nowhere else. */

const MAX_STEPS = 100_000;
/** One step adds or removes at most 64 TiB of 4 KiB pages. */
const MAX_STEP_PAGES = 2 ** 34;
/** A compound page is no larger than a step. */
const MAX_VMEMMAP_SHIFT = 34;

const pages = whole('pages').max(
  MAX_STEP_PAGES,
  `must be at most ${MAX_STEP_PAGES} pages, which is 64 TiB of 4 KiB pages`,
);
const pfn = whole('frames').max(ADDRESS_LIMIT / 4096, `must be a frame number below 2^45`);

const bootRange = z.strictObject({ start: physical, size, node: whole('nodes').max(63).default(0) });

/** Fields that one architecture alone has: what each may be is said in its room, and so is what they mean. */
export const roomFields = Object.assign({}, ...ARCHITECTURES.map((a) => a.machineFields ?? {})) as RoomFields;
/** What lies in System RAM in the iomem tree: "Kernel code" and its like. */
const resource = z.strictObject({
  start: physical,
  size,
  name: z.string({ error: 'must be a name' }).min(1, 'must be a name').max(80, 'must have at most 80 characters'),
});

const machine = z.strictObject({
  arch: z.string({ error: 'must name an architecture' }),
  kernel: z.string({ error: 'must name a release' }).optional(),
  pageSize: size.optional(),
  structPageSize: whole('bytes').optional(),
  sectionSizeBits: whole('bits').optional(),
  vmemmapBase: virtual.optional(),
  pagingLevels: whole('levels').optional(),
  vaBits: whole('bits').optional(),
  hugeVmemmap: flag.optional(),
  ramBasePfn: pfn.optional(),
  ramSize: size.optional(),
  recycledPages: z.enum(['zero', 'keep'], { error: 'must be "zero" or "keep"' }).default('zero'),
  memmapOnMemory: z.enum(['n', 'y', 'force'], { error: 'must be "n", "y" or "force"' }).default('n'),
  hugetlbOptimized: flag.default(false),
  movableNodes: z
    .array(whole('nodes').max(63), { error: 'must be a list of nodes' })
    .max(1024, 'must have at most 1024 nodes')
    .default([]),
  nvdimmKmsan: flag.default(false),
  blockSize: size.optional(),
  boot: z.array(bootRange).max(4096, 'must have at most 4096 ranges').default([]),
  resources: z.array(resource).max(4096, 'must have at most 4096 ranges').default([]),
  ...roomFields,
});

const altmap = z.strictObject({
  basePfn: pfn,
  endPfn: pfn,
  reserve: pages.default(0),
  free: pages,
  align: pages.default(0),
});

const range = { pfn: pfn.optional(), nrPages: pages.optional(), start: physical.optional(), size: size.optional() };

/** Base pages of a compound page: the geometry of the device that the range belongs to. */
const compoundPages = pages
  .refine((count) => count > 0 && Number.isInteger(Math.log2(count)), 'must be a power of two')
  .default(1);

/** What memory holds that the step takes for the memmap; what it held before if not given, see `recycledPages`. */
const frameContent = z
  .enum(FRAME_CONTENTS, { error: `must be ${FRAME_CONTENTS.map((name) => `"${name}"`).join(', ')}` })
  .optional();

const node = whole('nodes').max(63).default(0);

/** pgmap.vmemmap_shift of device memory: log2 of the base pages in a compound page. Its range is that of the step. */
const vmemmapShift = whole('bits').max(MAX_VMEMMAP_SHIFT, `must be at most ${MAX_VMEMMAP_SHIFT}`).optional();

/** What a step makes fail: the n-th time the kernel comes by the place, counted from 1 within the step. */
const fail = z
  .partialRecord(z.enum(FAULT_POINTS), whole('times').min(1, 'counts from 1'), {
    error: `must name places such as ${FAULT_POINTS.slice(0, 3).join(', ')}`,
  })
  .default({});

const STEPS = [
  z.strictObject({
    op: z.literal('add-pages'),
    ...range,
    altmap: z.string().optional(),
    compoundPages,
    vmemmapShift,
    frameContent,
    node,
  }),
  z.strictObject({
    op: z.literal('remove-pages'),
    ...range,
    altmap: z.string().optional(),
    compoundPages,
    vmemmapShift,
  }),
  z.strictObject({ op: z.literal('use'), ...range }),
  z.strictObject({
    op: z.literal('memremap-pages'),
    device: z.string(),
    ...range,
    altmap: z.string().optional(),
    compoundSize: size.optional(),
    type: z.enum(['generic', 'private'], { error: 'must be "generic" or "private"' }).default('generic'),
    frameContent,
    node,
  }),
  z.strictObject({ op: z.literal('memunmap-pages'), device: z.string() }),
  z.strictObject({
    op: z.literal('add-memory'),
    ...range,
    memmapOnMemory: z.boolean().default(true),
    mergeResource: z.boolean().default(false),
    offlineInaccessible: z.boolean().default(false),
    driver: z.string().min(1).optional(),
    frameContent,
    node,
    fail,
  }),
  z.strictObject({
    op: z.literal('online'),
    ...range,
    type: z.enum(['auto', 'kernel', 'movable'], { error: 'must be "auto", "kernel" or "movable"' }).default('auto'),
    fail,
  }),
  z.strictObject({ op: z.literal('offline'), ...range, fail }),
  z.strictObject({ op: z.literal('going-offline'), ...range }),
  z.strictObject({ op: z.literal('remove-memory'), ...range, fail }),
  z.strictObject({ op: z.literal('offline-and-remove-memory'), ...range, fail }),
  z.strictObject({
    op: z.literal('create-namespace'),
    device: z.string(),
    start: physical,
    size,
    mode: z.enum(['fsdax', 'devdax', 'raw'], { error: 'must be "fsdax", "devdax" or "raw"' }),
    map: z.enum(['dev', 'mem'], { error: 'must be "dev" or "mem"' }).default('dev'),
    align: size.default(2 ** 21),
    node,
  }),
  z.strictObject({ op: z.literal('destroy-namespace'), device: z.string() }),
  z.strictObject({ op: z.literal('kmem'), device: z.string(), memmapOnMemory: z.boolean().default(true), node, fail }),
  z.strictObject({ op: z.literal('kmem-release'), device: z.string(), fail }),
  z.strictObject({
    op: z.literal('virtio-mem'),
    device: z.string(),
    start: physical,
    size,
    requested: z.union([z.literal(0), size], {
      error: 'must be 0, or bytes as a positive whole number, or text such as "2G"',
    }),
    node,
    fail,
  }),
  z.strictObject({ op: z.literal('hugetlb-optimize'), ...range, hugePageSize: size.default(2 ** 21) }),
  z.strictObject({ op: z.literal('hugetlb-restore'), ...range, hugePageSize: size.default(2 ** 21) }),
] as const;

const STEP_NAMES = STEPS.map((option) => option.shape.op.value);

const step = z.discriminatedUnion('op', STEPS, { error: `must be one of ${STEP_NAMES.join(', ')}` });

/** A scenario as written; `expect` makes it a vector, which `vmemmap verify` compares with. */
export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().default('unnamed'),
  title: z.string().optional(),
  machine,
  altmaps: z.record(z.string(), altmap).default({}),
  steps: z
    .array(step, { error: 'must be a list of steps' })
    .min(1, 'must have a step')
    .max(MAX_STEPS, `must have at most ${MAX_STEPS} steps`),
  failAllocations: z.array(whole('calls').min(1, 'counts from 1')).default([]),
  expect: z.array(z.unknown()).optional(),
});

/** A scenario as a person or a program writes it. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type ScenarioFile = z.output<typeof scenarioSchema>;
export type StepFile = ScenarioFile['steps'][number];
