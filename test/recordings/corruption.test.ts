// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { hotplugSuiteOf } from '../../src/recordings/hotplug/index.js';
import { verifyRecordedKernel } from '../../src/recordings/replay.js';
import { recordedKernelSchema } from '../../src/recordings/recorded-kernel.js';
import { verifyContent } from '../../src/recordings/verify.js';
import { verifyVector } from '../../src/recordings/vectors.js';

/** A comparison that cannot fail is worth nothing: here each kind of field is made wrong, and must be caught. */

const TEST = join(import.meta.dirname, '..');
const load = (file: string): unknown => JSON.parse(gunzipSync(readFileSync(join(TEST, file))).toString());

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
interface Vector {
  name: string;
  expect: Record<string, Json>[];
}

const vectors = load('vectors/x86_64.json.gz') as Vector[];

/** A value that is not the one given. */
function wrong(value: Json): Json {
  if (value === null) return 0;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return value.replace(/.$/, (last) => (last === '1' ? '2' : '1'));
  if (Array.isArray(value)) return value.length > 0 ? [wrong(value[0]!), ...value.slice(1)] : ['one too many'];
  if (typeof value === 'object') {
    const [first] = Object.entries(value);
    return first === undefined ? { extra: 1 } : { ...value, [first[0]]: wrong(first[1]) };
  }
  return !value;
}

/** A vector that shows the field at its most telling: not empty where there is one. */
function telling(field: string): { vector: Vector; step: number } {
  for (const vector of vectors) {
    const step = vector.expect.findIndex((state) => {
      const value = state[field];
      return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    });
    if (step >= 0) return { vector, step };
  }
  return { vector: vectors[0]!, step: 0 };
}

const FIELDS = Object.keys(vectors[0]!.expect[0]!);

describe('a vector with one wrong value fails, at the step and field that is wrong', () => {
  test.each(FIELDS)('%s', (field) => {
    const { vector, step } = telling(field);
    expect(verifyVector(vector)).toBeUndefined();
    const broken = structuredClone(vector);
    broken.expect[step]![field] = wrong(broken.expect[step]![field]!);
    const failure = verifyVector(broken);
    expect(failure).toMatchObject({ name: vector.name, step });
    expect(failure!.field.split('.')[0]).toBe(field);
  });

  const counters = [
    ...new Set(vectors.flatMap((v) => v.expect.flatMap((state) => Object.keys(state['counters'] as object)))),
  ];
  test.each(counters)('counter %s', (counter) => {
    const has = (state: Record<string, Json>): boolean => counter in (state['counters'] as object);
    const broken = structuredClone(vectors.find((v) => v.expect.some(has))!);
    const step = broken.expect.findIndex(has);
    const others = Object.entries(broken.expect[step]!['counters']!).filter(([name]) => name !== counter);
    broken.expect[step]!['counters'] = Object.fromEntries(others);
    expect(verifyVector(broken)).toMatchObject({ step, field: `counters.${counter}`, expected: 0 });
  });

  test('a field that the emulator does not model', () => {
    const broken = structuredClone(vectors[0]!);
    broken.expect[0]!['somethingNew'] = 1;
    expect(verifyVector(broken)).toMatchObject({ step: 0, field: 'somethingNew' });
  });

  test('a step more or less than was recorded', () => {
    const broken = structuredClone(vectors[0]!);
    broken.expect.pop();
    expect(verifyVector(broken)).toMatchObject({ field: 'steps' });
  });

  test('a step of an unknown kind is a failure, not a pass', () => {
    const broken = structuredClone(vectors[0]!) as Vector & { steps: { op: string }[] };
    broken.steps[0]!.op = 'split-leaf';
    expect(verifyVector(broken)).toMatchObject({ field: 'format' });
  });
});

const RECORDING = 'real-kernels/x86_64-6.12.117-custom-sp56-dimm-memmap_on_memory.json.gz';
const ONLINE = 'real-kernels/x86_64-6.12.117-custom-sp56-dimm-online-between.json.gz';
const LEAVES = 'real-kernels/x86_64-6.12.117-custom-sp56-dimm-add-abc-remove-bac.json.gz';
const HUGETLB = 'real-kernels/x86_64-6.12.117+deb12-amd64-dimm-hugetlb-optimized.json.gz';
const NVDIMM = 'real-kernels/x86_64-6.12.117+deb12-amd64-nvdimm-dax.json.gz';

interface Recording {
  steps: Record<string, Json>[];
}

/** Verifies a recording after a change to it. */
function verifyChanged(file: string, change: (recording: Recording) => void): ReturnType<typeof verifyRecordedKernel> {
  const recording = load(file) as Recording;
  change(recording);
  return verifyRecordedKernel(recordedKernelSchema.parse(recording), 'changed');
}

/** Replaces text in the first leaf run of a step that has it. */
const editLeaf = (from: RegExp, to: string) => (recording: Recording) => {
  const step = recording.steps.find((s) => (s['leaves'] as string[]).some((run) => from.test(run)))!;
  step['leaves'] = (step['leaves'] as string[]).map((run) => run.replace(from, to));
};

/** Replaces text in the lines of a field. */
function edit(step: Record<string, Json>, field: string, from: string, to: string): void {
  const lines = step[field] as string[];
  expect(lines.some((line) => line.includes(from))).toBe(true);
  step[field] = lines.map((line) => line.replace(from, to));
}

describe('a recorded kernel with one wrong value fails', () => {
  test('but not as it is', () => {
    expect(verifyChanged(RECORDING, () => undefined)).toBeUndefined();
    expect(verifyChanged(NVDIMM, () => undefined)).toBeUndefined();
    expect(verifyChanged(HUGETLB, () => undefined)).toBeUndefined();
  });

  test.each([
    [
      'address of a leaf',
      RECORDING,
      editLeaf(/^ffffea0054000000-ffffea0054200000/, 'ffffea0054200000-ffffea0054400000'),
    ],
    [
      'level of a leaf',
      NVDIMM,
      editLeaf(/^ffffea0004000000-ffffea0004001000 pte/, 'ffffea0004000000-ffffea0004200000 pmd'),
    ],
    ['flags of a leaf', RECORDING, editLeaf(/flags=80000000000001e3/, 'flags=80000000000001e1')],
    ['owner of a leaf', RECORDING, editLeaf(/in=boot-ram/, 'in=dA')],
    ['frame of a leaf that lies in the device', NVDIMM, editLeaf(/phys=100200000/, 'phys=100400000')],
    [
      'frame of a large leaf that stayed, in system memory',
      LEAVES,
      (r: Recording) => edit(r.steps[4]!, 'leaves', 'phys=2000000', 'phys=4000000'),
    ],
    [
      'pages of memmap',
      LEAVES,
      (r: Recording) => edit(r.steps[4]!, 'vmstat', 'nr_memmap_pages 896', 'nr_memmap_pages 895'),
    ],
    [
      'pages of memmap since boot',
      HUGETLB,
      (r: Recording) => edit(r.steps[3]!, 'vmstat', 'nr_memmap_boot_pages 1', 'nr_memmap_boot_pages 2'),
    ],
    ['sharing of a tail page', NVDIMM, editLeaf(/ shared/, '')],
    ['a tail page of a folded memmap that is no more shared', HUGETLB, editLeaf(/ shared/, '')],
    [
      'a tail page of a folded memmap that may be written',
      HUGETLB,
      editLeaf(/flags=8000000000000121/, 'flags=8000000000000163'),
    ],
    ['huge pages, fewer than are folded', HUGETLB, (r: Recording) => (r.steps[3]!['console'] = ['399', '1'])],
    [
      'memory block',
      RECORDING,
      (r: Recording) => (r.steps[1]!['memoryBlocks'] as string[]).push('memory9999 270f online Movable'),
    ],
    [
      'zone of a memory block',
      HUGETLB,
      (r: Recording) => edit(r.steps[2]!, 'memoryBlocks', 'online Movable', 'online Normal'),
    ],
    ['span of a zone', HUGETLB, (r: Recording) => edit(r.steps[2]!, 'zones', 'spanned  65536', 'spanned  65537')],
    [
      'system memory in the iomem tree',
      HUGETLB,
      (r: Recording) => edit(r.steps[1]!, 'iomem', '10fffffff', '10ffffffe'),
    ],
    ['a missing leaf', RECORDING, (r: Recording) => (r.steps[1]!['leaves'] as string[]).pop()],
    ['count of tables', RECORDING, (r: Recording) => ((r.steps[1]!['tableCounts'] as Record<string, Json>)['pmd'] = 7)],
    ['unused start', RECORDING, (r: Recording) => (r.steps[1]!['unusedStart'] = '0xffffea0054180000')],
    [
      'markers',
      RECORDING,
      (r: Recording) => (r.steps[1]!['unusedMarkers'] = ['ffffea0054000000 used 0x0-0x8 unused 0x8-0x200000']),
    ],
  ])('%s', (_what, file, change) => {
    expect(verifyChanged(file, change)).toBeDefined();
  });

  test('a death that did not happen', () => {
    const failure = verifyChanged(ONLINE, (r) => {
      const step = r.steps.find((s) => (s['action'] as { op: string }).op === 'online')!;
      Object.assign(step, { ok: false, memoryBlocks: [] });
    });
    expect(failure).toMatchObject({ field: 'ok' });
  });
});

describe('a vector of memory hot-plug with one wrong value fails', () => {
  const suites = ['zone-span', 'resource-tree', 'memory-blocks'] as const;
  const cases = suites.flatMap((suite) => {
    const vectors = load(`vectors/${suite}.json.gz`) as Vector[];
    const fields = [...new Set(vectors.flatMap((v) => v.expect.flatMap((state) => Object.keys(state))))];
    return fields.map((field) => ({ suite, field, vectors }));
  });

  test.each(cases)('$suite: $field', ({ field, vectors }) => {
    const has = (state: Record<string, Json>): boolean => {
      const value = state[field];
      return value !== undefined && (typeof value !== 'object' || (value !== null && Object.keys(value).length > 0));
    };
    const vector = vectors.find((v) => v.expect.some(has))!;
    const verify = hotplugSuiteOf(vector)!;
    expect(verify(vector)).toBeUndefined();
    const broken = structuredClone(vector);
    const step = broken.expect.findIndex(has);
    broken.expect[step]![field] = wrong(broken.expect[step]![field]!);
    expect(verify(broken)).toMatchObject({ step, field });
  });

  test('a step less than was recorded', () => {
    for (const suite of suites) {
      const [vector] = load(`vectors/${suite}.json.gz`) as Vector[];
      const broken = structuredClone(vector!);
      broken.expect.pop();
      expect(hotplugSuiteOf(broken)!(broken)).toMatchObject({ field: 'steps' });
    }
  });

  test('a step in which the kernel stops is a failure, and no defect of the emulator', () => {
    const [vector] = load('vectors/zone-span.json.gz') as (Vector & { steps: Record<string, Json>[] })[];
    const steps = vector!.steps.map((step) => (step['op'] === 'remove' ? { ...step, nrPages: 16384 } : step));
    const broken = { ...vector!, steps };
    const content = JSON.stringify([broken]);
    const { failures, defects } = verifyContent(JSON.parse(content), 'broken.json');
    expect(failures).toHaveLength(1);
    expect(defects).toEqual([]);
  });

  test('zones in an order that no kernel has', () => {
    const [vector] = load('vectors/zone-span.json.gz') as (Vector & { machine: Record<string, Json> })[];
    const zones = [...(vector!.machine['zones'] as string[])].reverse();
    const broken = { ...vector!, machine: { ...vector!.machine, zones } };
    expect(hotplugSuiteOf(broken)!(broken)).toMatchObject({
      actual: expect.stringContaining('must end with') as string,
    });
  });

  test('a field with the name of what every object inherits', () => {
    const [vector] = load('vectors/memory-blocks.json.gz') as Vector[];
    const broken = structuredClone(vector!);
    broken.expect[0] = { ...broken.expect[0], constructor: false };
    expect(hotplugSuiteOf(broken)!(broken)).toMatchObject({ step: 0, field: 'constructor', actual: undefined });
  });

  test('memmap-on-memory: each answer', () => {
    const rows = load('vectors/memmap-on-memory.json.gz') as { expect: Record<string, Json> }[];
    const [row] = rows;
    for (const field of Object.keys(row!.expect)) {
      const broken = structuredClone(row!);
      broken.expect[field] = wrong(broken.expect[field]!);
      expect(hotplugSuiteOf(broken)!(broken)).toMatchObject({ field });
    }
  });
});
