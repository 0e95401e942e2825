// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { program } from '../../src/cli/program.js';
import { OUTPUT_SCHEMAS, outputJsonSchema, type OutputName } from '../../src/report/output-schemas/index.js';
import { file } from './cli.js';
import { vmemmapHere } from './here.js';

/** What commands print with --json is as the published schemas say, field for field. */

type JsonSchema = Record<string, unknown>;

/** A schema that allows no field that it does not name: what it leaves out would be a field that nobody explains. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.entries(schema).map(([key, part]) => [key, closed(part)] as const);
  const isObject = 'properties' in schema && !('additionalProperties' in schema);
  return Object.fromEntries(isObject ? [...parts, ['additionalProperties', false] as const] : parts);
}

const published = new Map<string, z.ZodType>();
/** What `vmemmap schema NAME` prints, read back, with nothing allowed that it does not name. */
function publishedSchema(name: OutputName): z.ZodType {
  const known = published.get(name) ?? z.fromJSONSchema(closed(outputJsonSchema(name)) as JsonSchema);
  published.set(name, known);
  return known;
}

// How fast this machine is does not matter here, and a stopwatch takes seconds.
vi.mock('benchmark', () => ({
  default: class {
    readonly stats = { mean: 1e-6, rme: 0.5 };
    on(): void {
      // Nothing fails.
    }
    run(): void {
      // Nothing is measured.
    }
  },
}));

/** A scenario of one machine, as a file. */
const scenario = (name: string, machine: object, ...steps: object[]): string =>
  file(`${name}.json`, JSON.stringify({ name, machine, steps }));
const ADD = { op: 'add-pages', start: '0x100000000', size: '128M' };
const REMOVE = { ...ADD, op: 'remove-pages' };

const STORY = 'src/story/partial-pmd.json';
const OWN = 'src/story/own-memmap.json';
const DEVICE = 'src/story/device-beside-memory.json';
const CASES = 'test/reports/cases';
const HASH = scenario('hash', { arch: 'ppc64', mmu: 'hash' }, { ...ADD, size: '16M' });
const WINDOW = scenario(
  'window',
  { arch: 'loongarch64', vmemmapWindow: ['0xfffffefffe000000', '0xfffffffffe000000'] },
  { op: 'add-pages', start: '0x200000000', size: '512M' },
);
const RISCV = scenario('riscv', { arch: 'riscv64', kernel: '7.2.13' }, ADD, REMOVE);
const S390 = scenario('s390', { arch: 's390', hugeVmemmap: false }, ADD);
const OLD = ['--kernel', '5.12'];
const EXPLORE = ['explore', '--arch', 'x86_64', '--struct-page', '56', ...OLD];
const SEARCH = ['diff', '--from', '5.12', '--to', '5.13', '--depth', '2'];
const BOOTED = 'test/real-kernels/s390x-6.1.0-50-s390x-boot.json.gz';
const composite = (id: string, p10?: number): object => ({ id, kind: 'composite', ...(p10 && { cycles: { p10 } }) });
const MEASURED = file(
  'measured.json',
  JSON.stringify({
    measurements: [
      {
        machine: 'one',
        nearest_profile: 'genoa-9654',
        rows: [composite('table.zero.hot', 183.2), composite('pmd.64.hot', 6.31), composite('walk.8192.hot')],
      },
    ],
  }),
);
const BENCH = ['bench', 'populate', '--arch', 's390'];

/** Command lines, by the schema of what they print. */
const PRINTED: readonly (readonly [OutputName, ...(readonly string[])])[] = [
  ['run', 'run', STORY],
  ['run', 'run', STORY, ...OLD],
  ['run', 'run', STORY, '--step', '2'],
  ['run', 'run', OWN],
  ['run', 'run', DEVICE],
  ...['F03-private-at-the-top-arm64', 'F09-dimm-not-on-a-block', 'F11-virtio-mem-unaligned', 'F13-iomem-split']
    .concat('F01-early-section-part', 'F07-hvo-shared-tail', 'F15-one-finding-a-thousand-times', 'F33-ppc64')
    .map((name) => ['run', 'run', `${CASES}/${name}.json`] as const),
  ['run', 'run', HASH],
  ['run', 'run', WINDOW],
  ['run', 'run', RISCV],
  ['run', 'run', S390],
  ['runs', 'run', STORY, OWN],
  ['runs', 'run', STORY, DEVICE, '--fail-each'],
  ['runs', 'run', STORY, OWN, '--events'],
  ['fail-each', 'run', STORY, '--fail-each', ...OLD],
  ['fail-each', 'run', S390, '--fail-each', '--kernel', '5.10'],
  ['events', 'run', STORY, '--events'],
  ['events', 'run', STORY, '--events', ...OLD],
  ['events', 'run', DEVICE, '--events'],
  ['events', 'run', HASH, '--events'],
  ['events', 'run', `${CASES}/F01-early-section-part.json`, '--events'],
  ['events', 'run', `${CASES}/F07-hvo-shared-tail.json`, '--events', '--kernel', '7.2'],
  ['verify', 'verify', BOOTED],
  ['repro', 'repro'],
  ['repro', 'repro', 'tail-keeps-leaf'],
  ['repro', 'repro', 'B04', '--kernel', '5.12'],
  ['repro', 'repro', '--all', '--kernel', '6.12.117'],
  ['validate', 'validate', '--arch', 's390', '--struct-page', '56', '--kernel', '6.12.117'],
  ['validate', 'validate', '--arch', 'arm64', '--struct-page', '56', '--page-size', '4K', '--kernel', '6.12.117'],
  ['test', 'test', '--kernel', '5.12', '--arch', 'x86_64', '--struct-page', '56', '--sections', '1'],
  ['diff', 'diff', STORY, '--from', '5.12', '--to', '5.13'],
  ['diff', 'diff', STORY, '--from', '5.13', '--to', '5.14'],
  ['diff', 'diff', DEVICE, '--from', '5.4', '--to', '6.12'],
  ['diff-search', ...SEARCH, '--arch', 'x86_64', '--struct-page', '56'],
  ['diff-search', ...SEARCH, '--arch', 'riscv64', '--struct-page', '64'],
  ['bisect', 'bisect', STORY, '--expect', 'no-leak', '--from', '5.12', '--to', '5.13'],
  ['bisect', 'bisect', `${CASES}/F01-early-section-part.json`, '--expect', 'no-hole', '--from', '5.8', '--to', '5.9'],
  ['dump', 'dump', STORY],
  ['dump', 'dump', OWN, '--step', '1'],
  ['dump', 'dump', HASH],
  ['dump', 'dump', WINDOW],
  ['dump-compare', 'dump', `${CASES}/F33-ppc64.json`, '--compare', `${CASES}/F33-ptdump.txt`],
  [
    'dump-compare',
    'dump',
    `${CASES}/F35-arm64.json`,
    '--compare',
    `${CASES}/F35-ptdump-without-holes.txt`,
    '--step',
    '1',
  ],
  ['where', 'where', '0x100000', STORY, '--step', '1'],
  ['where', 'where', '0x900000', STORY],
  ['where', 'where', '0x140000', OWN, '--step', '1'],
  ['where', 'where', '0x100000', HASH],
  ['report', 'report', STORY, '--kernel', '5.12', '--kernel', '5.13'],
  ['report', 'report', OWN, HASH],
  ['report', 'report', '--bug', 'tail-keeps-leaf', '--no-cycles'],
  ['qemu', 'qemu', STORY],
  ['qemu', 'qemu', OWN],
  ['explore', ...EXPLORE, '--depth', '3'],
  ['explore', ...EXPLORE, '--depth', '5', '--max-states', '20'],
  ['explore', ...EXPLORE, '--depth', '2', '--start', '8G', '--expect', 'large-leaves'],
  [
    'explore',
    'explore',
    '--arch',
    'arm64',
    '--page-size',
    '64K',
    '--sections',
    '1',
    '--depth',
    '2',
    '--compound',
    '2M',
  ],
  ['cycles', 'cycles', STORY],
  ['cycles', 'cycles', STORY, '--cpu', 'genoa-9654', '--node-distance', '50', '--nested', '2M'],
  ['bench', ...BENCH],
  ['bench', ...BENCH, '--range'],
  ['bench-wall', ...BENCH, '--filter', '1 MiB', '--wall'],
  ['bench-validation', 'bench', '--validation'],
  ['bench-measured', 'bench', '--validation', '--measured', MEASURED],
  ['plan', 'plan', '--lsmem', `${CASES}/F21-lsmem.json`, '--vmcoreinfo', `${CASES}/F21-vmcoreinfo.txt`],
  ['plan', 'plan', '--lsmem', `${CASES}/F19-lsmem.json`, '--vmcoreinfo', `${CASES}/F19-vmcoreinfo.txt`],
  [
    'plan',
    ...['plan', '--lsmem', `${CASES}/F21-lsmem.json`, '--vmcoreinfo', `${CASES}/F29-vmcoreinfo.txt`],
    ...['--daxctl', `${CASES}/F25-daxctl-two-mappings.json`, '--ndctl', `${CASES}/F27-ndctl-old-words.json`],
    ...['--kernel', '5.18'],
  ],
  ['arch', 'arch'],
  ['arch', 'arch', 'riscv64'],
  ['kernel', 'kernel'],
  ['kernel', 'kernel', '6.12.60'],
  ['kernel', 'kernel', 'proposal/free-any-leaf'],
  ['kernel-difference', 'kernel', '5.12', '5.13'],
  ['kernel-unproved', 'kernel', '--unproved'],
  ['kernel-trait', 'kernel', 'x86/track-unused-sub-pmd'],
  ['kernel-proved', 'kernel', '--proved'],
  ['cpu', 'cpu'],
  ['cpu', 'cpu', 'altra-q80'],
];

/** What a command prints, held against its schema. */
async function printedAs(name: OutputName, ...args: readonly string[]): Promise<void> {
  const { status, stdout } = await vmemmapHere(...args, '--json');
  expect([0, 1]).toContain(status);
  const parsed = JSON.parse(stdout) as { schema: string };
  expect(parsed.schema).toBe(OUTPUT_SCHEMAS[name].shape.schema.value);
  expect(z.safeParse(publishedSchema(name), parsed).error?.issues ?? []).toEqual([]);
}

describe('what is printed is as its schema says, and has no field that the schema does not explain', () => {
  test.each(PRINTED.map(([name, ...args]) => ({ name, args, line: args.join(' ') })))(
    '$name: $line',
    ({ name, args }) => printedAs(name, ...args),
  );

  test('verify, with a case that fails and what was taken from the recording', async () => {
    const expected = { ret: 0, tables: { pmd: 7 } };
    const wrong = { name: 'wrong', machine: { arch: 'x86_64' }, steps: [ADD], expect: [expected] };
    await printedAs('verify', 'verify', file('wrong.json', JSON.stringify([wrong])), BOOTED);
  });

  test('explore, of shards that are merged', async () => {
    const shards = ['1/2', '2/2'].map((shard) => ({ shard, saved: file(`shard-${shard[0]!}.vmx`, '') }));
    for (const { shard, saved } of shards) {
      await printedAs('explore', ...EXPLORE, '--depth', '2', '--shard', shard, '--save', saved);
    }
    await printedAs('explore', 'merge', ...shards.map(({ saved }) => saved));
  });

  test('bench-comparison, of an earlier result', async () => {
    const before = file('before.json', (await vmemmapHere(...BENCH, '--json')).stdout);
    await printedAs('bench-comparison', ...BENCH, '--compare', before);
  });
});

/** The names of schemas that a command says it prints with --json. */
const saidBy = (name: string): string[] =>
  (
    /\(schema (.*)\)$/.exec(
      program.commands.find((command) => command.name() === name)?.options.find(({ long }) => long === '--json')
        ?.description ?? '',
    )?.[1] ?? ''
  ).split(', ');

describe('the commands and their schemas', () => {
  const withJson = program.commands.filter(({ options }) => options.some(({ long }) => long === '--json'));

  test('each command that has --json says which schemas its results have', () => {
    expect(withJson.length).toBeGreaterThan(15);
    for (const command of withJson) {
      for (const schema of saidBy(command.name())) expect(Object.keys(OUTPUT_SCHEMAS)).toContain(schema);
    }
  });

  test('each schema is of a command', () => {
    const said = withJson.flatMap((command) => saidBy(command.name()));
    expect(new Set(said)).toEqual(new Set(Object.keys(OUTPUT_SCHEMAS)));
  });

  test('each schema that a command names is held against what it prints, above', () => {
    const held = new Set(PRINTED.map(([schema, command]) => `${command!} ${schema}`));
    const aside = ['merge explore', 'bench bench-comparison'];
    const said = withJson.flatMap((command) => saidBy(command.name()).map((schema) => `${command.name()} ${schema}`));
    expect(said.filter((each) => !held.has(each))).toEqual(aside);
  });

  test('a field that a schema does not name is refused here, and allowed to those who read results', () => {
    const result = publishedSchema('arch').safeParse({ schema: 'vmemmap/arch/v1', architectures: [], more: 1 });
    expect(result.success).toBe(false);
    expect(outputJsonSchema('arch')).not.toHaveProperty('additionalProperties');
  });
});
