// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { bench } from '../../src/cli/bench.js';
import { bisectCommand } from '../../src/cli/bisect.js';
import { cycles } from '../../src/cli/cycles.js';
import { diff } from '../../src/cli/diff.js';
import { dump } from '../../src/cli/dump.js';
import { exploreCommand, type ExploreCommand } from '../../src/cli/explore.js';
import { merge } from '../../src/cli/merge.js';
import { registeredCpus } from '../../src/cli/named-cpu.js';
import { plan } from '../../src/cli/plan.js';
import { qemu } from '../../src/cli/qemu.js';
import { report } from '../../src/cli/report.js';
import { runFiles } from '../../src/cli/run.js';
import { scenario } from '../../src/cli/scenario.js';
import { verifyHere } from '../../src/cli/verify.js';
import { where } from '../../src/cli/where.js';
import { figuresOf } from '../../src/cycles/profile.js';
import { PROFILE_SCHEMA } from '../../src/measure/profile-file.js';

/** Every kind of input, with good ones to begin from, and the functions that the commands call with it. */

export interface Kind {
  readonly name: string;
  /** Values of JSON can be changed, or only bytes. */
  readonly isJson: boolean;
  readonly seeds: readonly string[];
  /** What is done with a file of the kind, as often as it stands here. */
  readonly commands: readonly (readonly [name: string, run: (file: string) => number | Promise<number>])[];
  /** The file as it lies on the disk, if not as text. */
  readonly pack?: (text: string) => Uint8Array;
}

const TEST = join(import.meta.dirname, '..');
const text = (path: string): string => {
  const bytes = readFileSync(join(TEST, path));
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
};
const cases = (...names: string[]): string[] => names.map((name) => text(join('reports', 'cases', name)));
const given = (name: string): string => join(TEST, 'reports', 'cases', name);

/** A few of many vectors, evenly from the first to the last. */
function some(path: string, count: number): string {
  const all = JSON.parse(text(path)) as unknown[];
  const step = Math.max(1, Math.floor(all.length / count));
  return JSON.stringify(all.filter((_, i) => i % step === 0).slice(0, count));
}

const x86 = { arch: 'x86_64', kernel: '6.12.117' };
const SCENARIOS: readonly string[] = [
  text('../src/story/partial-pmd.json'),
  text('../src/story/own-memmap.json'),
  ...cases(
    ...['F01-early-section-part-x86.json', 'F05-namespace-beside-ram.json', 'F05-two-regions.json'],
    ...['F07-hvo-shared-tail.json', 'F09-dimm-not-on-a-block.json', 'F11-virtio-mem-unaligned.json'],
    ...['F13-iomem-split.json', 'F33-ppc64.json', 'F35-arm64.json', 'F37-destroy-after-kmem.json'],
  ),
  ...[
    {
      machine: { ...x86, structPageSize: 80, boot: [{ start: '0x0', size: '256M' }], ramSize: '64M' },
      altmaps: { dev: { basePfn: 1048576, endPfn: 1081343, reserve: 2, free: 1022, align: 0 } },
      steps: [
        { op: 'memremap-pages', device: 'd', pfn: 1048576, nrPages: 32768, altmap: 'dev', node: 0 },
        { op: 'memunmap-pages', device: 'd' },
        { op: 'memremap-pages', device: 'd', start: '0x110000000', size: '64M', compoundSize: '2M', type: 'generic' },
      ],
      failAllocations: [3],
    },
    {
      machine: { arch: 's390', structPageSize: 56 },
      steps: [
        { op: 'add-memory', start: '0x100000000', size: '256M', fail: { blockRegister: 1 } },
        { op: 'add-memory', start: '0x100000000', size: '256M' },
        { op: 'online', start: '0x100000000', size: '256M', type: 'movable' },
        { op: 'offline-and-remove-memory', start: '0x100000000', size: '256M' },
      ],
    },
    {
      machine: { arch: 'ppc64', mmu: 'hash', pageSize: '64K' },
      steps: [
        { op: 'add-pages', start: '0x100000000', size: '16M' },
        { op: 'use', start: '0x100000000', size: '16M' },
        { op: 'remove-pages', start: '0x100000000', size: '16M' },
      ],
    },
  ].map((value) => JSON.stringify(value)),
];

const quiet = { cycles: false, json: true } as const;
const LSMEM = given('F21-lsmem.json');
const memory =
  (options: object): ((file: string) => number) =>
  (file) =>
    plan({ lsmem: LSMEM, ...options, ...named(file, options) });
/** The option that an importer's file is given with stands in the options as "FILE". */
const named = (file: string, options: object): object =>
  Object.fromEntries(Object.entries(options).flatMap(([key, value]) => (value === 'FILE' ? [[key, file]] : [])));

/** Two sections, and what can be done with them. */
const world = (): Omit<ExploreCommand, 'depth'> => ({
  sections: '2',
  unit: ['section'],
  altmap: ['none'],
  memory: ['zero'],
  workers: '1',
  json: true,
});

/** A saved exploration as it lies on the disk, a letter a byte. */
async function savedExploration(arch: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'vmemmap-fuzz-saved-'));
  try {
    const save = join(folder, 'saved');
    await exploreCommand({ ...world(), arch, kernel: '5.12', depth: '2', save, output: join(folder, 'result') });
    return readFileSync(save, 'latin1');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
const SAVED = [await savedExploration('x86_64'), await savedExploration('s390')];

const EXPLORED: readonly string[] = [
  text('reports/robustness/report-explored-refuses-explore-v2.json'),
  JSON.stringify({
    schema: 'vmemmap/explore/v2',
    violations: SCENARIOS.slice(0, 3).map((scenario) => ({ scenario: JSON.parse(scenario) as unknown })),
  }),
];

const [{ profile: CPU }] = registeredCpus() as [ReturnType<typeof registeredCpus>[number]];
const CPU_PROFILE = JSON.stringify({
  schema: PROFILE_SCHEMA,
  name: 'mine',
  title: 'My machine',
  base: CPU.name,
  cpuid: '00a10f11',
  flags: CPU.flags,
  caches: Object.fromEntries(CPU.caches.map(({ name, size, ways }) => [name, { size, ways }])),
  figures: Object.fromEntries(
    figuresOf(CPU)
      .slice(0, 8)
      .map(({ name, value, confidence, source }) => [name, { value, confidence, source }]),
  ),
});

/** Measurements of one machine, a few of them. */
function someMeasured(path: string, count: number): string {
  const { measurements, ...about } = JSON.parse(text(path)) as { measurements: { rows: { kind: string }[] }[] };
  const [machine] = measurements;
  const rows = machine!.rows.filter(({ kind }) => kind === 'composite').slice(0, count);
  return JSON.stringify({ ...about, measurements: [{ ...machine, rows }] });
}

export const KINDS: readonly Kind[] = [
  {
    name: 'scenario',
    isJson: true,
    seeds: SCENARIOS,
    commands: [
      ['run', (file) => runFiles([file], {})],
      ['run --json', (file) => runFiles([file], { json: true })],
      ['run --kernel 5.2', (file) => runFiles([file], { kernel: '5.2' })],
      ['run --step 1', (file) => runFiles([file], { step: '1' })],
      ['dump', (file) => dump(file, { format: 'ptdump' })],
      ['dump --backing', (file) => dump(file, { format: 'ptdump', backing: true, step: '1' })],
      ['dump --json', (file) => dump(file, { format: 'ptdump', json: true })],
      ['diff', (file) => diff(file, { from: '5.12', to: '6.12.117' })],
      ['cycles', (file) => cycles(file, {})],
      ['qemu', (file) => qemu(file, {})],
      ['report', (file) => report([file], quiet)],
      ['where', (file) => where('0x100000', file, {})],
      ['bisect', (file) => bisectCommand(file, { expect: 'no-leak', from: '6.0', to: '6.3' })],
    ],
  },
  {
    name: 'vectors',
    isJson: true,
    seeds: [
      some('vectors/x86_64.json.gz', 4),
      some('vectors/arm64.json.gz', 4),
      some('vectors/s390.json.gz', 3),
      some('vectors/ppc64-hash.json.gz', 3),
      some('vectors/memory-blocks.json.gz', 3),
      some('vectors/memmap-on-memory.json.gz', 6),
      some('vectors/resource-tree.json.gz', 4),
      some('vectors/zone-span.json.gz', 3),
    ],
    commands: [['verify', (file) => verifyHere([file], {})]],
  },
  {
    name: 'recorded kernel',
    isJson: true,
    seeds: [text('real-kernels/s390x-6.1.0-50-s390x-boot.json.gz')],
    commands: [['verify', (file) => verifyHere([file], { json: true })]],
  },
  {
    name: 'lsmem',
    isJson: true,
    seeds: [...cases('F19-lsmem.json', 'F21-lsmem.json'), text('reports/robustness/ok.lsmem.json')],
    commands: [
      ['plan', (file) => plan({ lsmem: file })],
      ['plan --json', (file) => plan({ lsmem: file, kernel: '6.12', json: true })],
    ],
  },
  {
    name: 'iomem',
    isJson: false,
    seeds: cases('F17-kmem-of-5.4-iomem.txt', 'F17-not-twice-iomem.txt'),
    commands: [['plan', (file) => plan({ iomem: file, kernel: '6.12', arch: 'x86_64' })]],
  },
  {
    name: 'ndctl',
    isJson: true,
    seeds: [
      ...cases('F27-ndctl-old-words.json'),
      JSON.stringify([{ dev: 'namespace0.0', mode: 'fsdax', map: 'dev', size: 526385152, align: 2097152 }]),
      JSON.stringify([
        { dev: 'region0', namespaces: [{ dev: 'namespace0.1', mode: 'devdax', map: 'mem', size: 2 ** 29 }] },
      ]),
    ],
    commands: [['plan', memory({ ndctl: 'FILE' })]],
  },
  {
    name: 'daxctl',
    isJson: true,
    seeds: cases('F25-daxctl-two-mappings.json'),
    commands: [['plan', memory({ daxctl: 'FILE' })]],
  },
  {
    name: 'vmcoreinfo',
    isJson: false,
    seeds: cases('F19-vmcoreinfo.txt', 'F21-vmcoreinfo.txt', 'F29-vmcoreinfo.txt', 'F31-vmcoreinfo.txt'),
    commands: [['plan', memory({ vmcoreinfo: 'FILE' })]],
  },
  {
    name: 'kernel_page_tables',
    isJson: false,
    seeds: cases('F33-ptdump.txt', 'F35-ptdump-without-holes.txt'),
    commands: [
      ['dump --compare', (file) => dump(given('F33-ppc64.json'), { format: 'ptdump', compare: file })],
      ['dump --compare', (file) => dump(given('F35-arm64.json'), { format: 'ptdump', compare: file, json: true })],
    ],
  },
  {
    name: 'saved exploration',
    isJson: false,
    seeds: SAVED,
    pack: (content) => Buffer.from(content, 'latin1'),
    commands: [
      ['merge', (file) => merge([file], {})],
      ['explore --resume', (file) => exploreCommand({ ...world(), depth: '3', resume: file })],
    ],
  },
  {
    name: 'result of an exploration',
    isJson: true,
    seeds: EXPLORED,
    commands: [['report --explored', (file) => report([], { ...quiet, explored: [file] })]],
  },
  {
    name: 'CPU profile',
    isJson: true,
    seeds: [CPU_PROFILE],
    commands: [['cycles --cpu', (file) => cycles(given('F05-namespace-beside-ram.json'), { cpu: file })]],
  },
  {
    name: 'measured costs',
    isJson: true,
    seeds: [someMeasured('bench/measured-costs.json.gz', 3)],
    commands: [
      ['bench --validation --measured', (file) => bench([], { validation: true, measured: file, threshold: '0' })],
    ],
  },
  {
    name: 'bench result',
    isJson: true,
    seeds: [
      JSON.stringify({ schema: 'vmemmap/bench/v1', suites: [{ name: 'populate', rows: [{ name: 'a', cycles: 1 }] }] }),
    ],
    commands: [
      [
        'bench --compare',
        (file) => bench(['populate'], { compare: file, arch: 's390', filter: 'EDAT1', threshold: '0' }),
      ],
    ],
  },
  {
    name: 'QEMU command line',
    isJson: false,
    seeds: [
      'qemu-system-x86_64 -machine q35,nvdimm=on -m 4G,slots=4,maxmem=32G -numa node,nodeid=0,mem=2G -numa node,nodeid=1,mem=2G \\\n -object memory-backend-ram,id=m0,size=1G -device pc-dimm,id=d0,memdev=m0,node=1 -append "memhp_default_state=online"',
      'qemu-system-aarch64 -M virt -m size=2048,slots=2,maxmem=64G -object memory-backend-ram,id=v,size=8G -device virtio-mem-pci,id=vm0,memdev=v,requested-size=1G\n(qemu) qom-set vm0 requested-size 2G\n',
      '/usr/libexec/qemu-kvm -m 1024,slots=8,maxmem=16G -object memory-backend-file,id=n,size=2G,mem-path=/x -device nvdimm,id=nv,memdev=n,label-size=128k\nobject_add memory-backend-ram,id=h,size=512M\ndevice_add pc-dimm,id=dh,memdev=h\ndevice_del dh\n',
    ],
    commands: [['scenario --qemu', (file) => scenario({ qemu: file })]],
  },
];
