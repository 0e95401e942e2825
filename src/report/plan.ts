// SPDX-License-Identifier: GPL-2.0-only

import type { MemmapCost, Plan, Verdict } from '../plan/plan.js';
import { columns, tableText } from './table.js';
import { sizeText } from './text.js';

/** What happens on a machine, for people. */

const counts = (record: Readonly<Record<string, number>>): string =>
  Object.entries(record)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ') || 'none';

/** Bytes with two decimals of the largest unit that fits. */
function about(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let value = bytes;
  while (at < units.length - 1 && value >= 1024) {
    value /= 1024;
    at++;
  }
  return `${Number(value.toFixed(2))} ${units[at]!}`;
}

const verdictText = ({ verdict, sentence }: Verdict): string => `${verdict}: ${sentence}`;

function summary(plan: Plan): string[] {
  const { machine, leaves, tables } = plan;
  const mmu = machine.mmu === undefined ? '' : `, ${machine.mmu}`;
  return columns([
    [
      'machine',
      `${machine.arch}, ${sizeText(machine.pageSize)} pages${mmu}, struct page ${machine.structPageSize} bytes, sections of ${sizeText(machine.sectionSize)}, blocks of ${sizeText(machine.blockSize)}`,
    ],
    ['kernel', machine.kernel],
    ['memory', about(plan.memoryBytes)],
    [
      'memmap',
      `${about(plan.memmapBytes)} of struct pages; with tables and unused parts of leaves ${about(plan.overheadBytes)}, ${plan.overheadPercent} %`,
    ],
    ['leaves', counts(leaves)],
    ['tables', counts(tables)],
  ]);
}

const costCells = ({ leaves, systemPages, ownPages }: MemmapCost): string[] => [
  counts(leaves),
  String(systemPages),
  String(ownPages),
];

const COST_HEAD = ['leaves', 'pages of system memory', 'own pages'];

function blockRows(plan: Plan): string[] {
  return tableText(
    ['blocks', 'range', 'state', 'memmap of each', 'own memmap if added', ''],
    plan.blocks.map(({ first, last, range, state, memmapBytes, memmapOnMemory, holdsMemmapNow }) => [
      first === last ? String(first) : `${first}-${last}`,
      range,
      state,
      about(memmapBytes),
      memmapOnMemory.reason === null ? memmapOnMemory.verdict : `${memmapOnMemory.verdict} (${memmapOnMemory.reason})`,
      holdsMemmapNow === undefined ? '' : holdsMemmapNow ? 'holds it now' : 'does not hold it now',
    ]),
  );
}

function changes(plan: Plan, current: Plan): string[] {
  const row = (name: string, value: (p: Plan) => string): string[] => [name, value(current), value(plan)];
  return [
    '',
    ...tableText(
      ['', current.machine.kernel, plan.machine.kernel],
      [
        row('overhead', (p) => `${about(p.overheadBytes)}, ${p.overheadPercent} %`),
        row('leaves', (p) => counts(p.leaves)),
        row('memmap_on_memory=y', (p) => p.modes.y.reason ?? 'yes'),
        row('memmap_on_memory=force', (p) => p.modes.force.reason ?? 'yes'),
      ],
    ),
  ];
}

/** A bug of the catalogue that shows on the machine. */
export interface PlannedBug {
  id: string;
  name: string;
  title: string;
  /** The next release that has it no more; null where none is. */
  endedBy: string | null;
}

const bugLines = (bugs: readonly PlannedBug[], { machine: { kernel } }: Plan): string[] =>
  bugs.length === 0
    ? []
    : [
        '',
        `known bugs of ${kernel} that show here; vmemmap repro NAME plays one`,
        ...tableText(
          ['', 'name', '', ''],
          bugs.map(({ id, name, title, endedBy }) => [
            id,
            name,
            endedBy === null ? 'open' : `ends in ${endedBy}`,
            title,
          ]),
        ),
      ];

/** @param current the same machine under its own kernel, if another was asked about */
export function planText(
  plan: Plan,
  current: Plan | undefined,
  bugs: readonly PlannedBug[],
  remarks: readonly string[],
): string {
  const { memmapOnMemory, modes, hotAdd, devices, machine } = plan;
  const assumed = machine.assumed.length === 0 ? [] : [`assumed: ${machine.assumed.join(', ')}`];
  const deviceRows = devices.map((device) => [
    device.name,
    about(device.size),
    `${device.mode}, map ${device.map}`,
    ...costCells(device),
    device.error ?? '',
  ]);
  return [
    ...summary(plan),
    '',
    `memmap_on_memory=${memmapOnMemory.mode}  ${verdictText(memmapOnMemory)}`,
    ...(['y', 'force'] as const)
      .filter((mode) => mode !== memmapOnMemory.mode)
      .map((mode) => `memmap_on_memory=${mode}  ${verdictText(modes[mode])}`),
    '',
    ...blockRows(plan),
    '',
    `one block more, added at ${hotAdd[0]!.start}`,
    ...tableText(
      ['memmap_on_memory', ...COST_HEAD, ''],
      hotAdd.map((cost) => [cost.mode, ...costCells(cost), cost.error ?? '']),
    ),
    ...(devices.length === 0 ? [] : ['', ...tableText(['device', 'size', 'as', ...COST_HEAD, ''], deviceRows)]),
    ...(current === undefined ? [] : changes(plan, current)),
    ...bugLines(bugs, plan),
    ...(assumed.length + remarks.length === 0 ? [] : ['', ...assumed, ...remarks]),
  ].join('\n');
}
