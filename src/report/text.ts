// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { Finding } from '../check/checked-run.js';
import type { FailedAllocation } from '../check/failure-sweep.js';
import type { FrameEvent } from '../check/ledger.js';
import type { StepResult } from '../scenario/runner.js';
import type { Scenario, Step } from '../scenario/scenario.js';

/** Reports for people. The text may change from release to release; programs read --json. */

const LABEL_WIDTH = 12;

/** A step in words: "add-pages 0x100000000-0x107ffffff (128 MiB) altmap dev0". */
export function stepText(step: Step, pageSize: number): string {
  if (!('pfn' in step)) {
    const at = 'start' in step ? ` ${hex(step.start)} (${sizeText(step.size)})` : '';
    const asked = step.op === 'virtio-mem' ? ` requested ${sizeText(step.requested)}` : '';
    return `${step.op} ${step.device}${at}${asked}`;
  }
  const start = step.pfn * pageSize;
  const bytes = step.nrPages * pageSize;
  const altmap = 'altmap' in step && step.altmap !== null ? ` altmap ${step.altmap}` : '';
  const holds =
    'frameContent' in step && step.frameContent !== undefined ? ` in memory that holds ${step.frameContent}` : '';
  return `${step.op} ${hex(start)}-${hex(start + bytes - 1)} (${sizeText(bytes)})${altmap}${holds}`;
}

/** Bytes with the largest unit of 1024 that divides them. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  while (at < units.length - 1 && bytes >= 1024 && bytes % 1024 === 0) {
    bytes /= 1024;
    at++;
  }
  return `${bytes} ${units[at]!}`;
}

/** A name that somebody chose, on one line. */
export const oneLine = (name: string): string => name.replaceAll(/\s+/g, ' ');

const lines = (label: string, values: readonly string[]): string[] =>
  values.map((value, i) => `  ${(i === 0 ? label : '').padEnd(LABEL_WIDTH)}${value}`);

const pairs = (record: Readonly<Record<string, number | string>>): string =>
  Object.entries(record)
    .map(([key, value]) => `${key} ${value}`)
    .join('  ');

const nonZero = (record: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== 0));

/** Zones that have a span, a line each. */
export const zoneLines = (zones: NonNullable<StepResult['zones']>): string[] =>
  Object.entries(zones).flatMap(([nid, inNode]) =>
    Object.entries(inNode).map(
      ([name, [start, spanned, present]]) =>
        `node ${nid} ${name.padEnd(8)} from pfn ${start}, spans ${spanned}, present ${present}`,
    ),
  );

const unreleased = ({ unreleasedBlocks = [] }: StepResult): string[] =>
  unreleasedBlocks.length === 0 ? [] : [`a reference to memory block ${unreleasedBlocks.join(', ')} is left`];

/** The state after one step. */
export function stateLines(result: StepResult): string[] {
  const { altmaps, tables, counters } = result;
  return [
    ...lines('leaves', result.leaves.length === 0 ? ['none'] : result.leaves),
    ...lines('entry bits', Object.keys(result.prot).length === 0 ? [] : [pairs(result.prot)]),
    ...lines('tables', [pairs(nonZero(tables)) || 'none']),
    ...lines('ram', [`${result.ram.pages} pages taken`]),
    ...lines(
      'altmaps',
      Object.entries(altmaps).map(([name, books]) => `${name}: ${pairs(books)}`),
    ),
    ...lines('partial', result.partial),
    ...lines('unmarked', result.unusedStart === '0x0' ? [] : [`unused from ${result.unusedStart} on, not yet written`]),
    ...lines('hptes', result.hptes ?? []),
    ...lines('leaks', result.leaks),
    ...lines('holes', result.holes),
    ...lines('violations', result.violations),
    ...lines('log', result.log ?? []),
    ...lines('blocks', result.blocks ?? []),
    ...lines('zones', zoneLines(result.zones ?? {})),
    ...lines('iomem', result.iomem ?? []),
    ...lines('plugged', result.virtioMem ?? []),
    ...lines('unreleased', unreleased(result)),
    ...lines('counters', [pairs(counters) || 'none']),
  ];
}

const stackText = (stack: readonly string[]): string => (stack.length === 0 ? 'boot' : stack.join(' > '));

/** A finding, with the history of the frames that it is about. */
export function findingLines(
  { step, invariant, text, frames }: Finding,
  histories: ReadonlyMap<number, readonly FrameEvent[]>,
): string[] {
  const lives = (frames ?? []).flatMap((pfn) => {
    const events = histories.get(pfn) ?? [];
    if (events.length === 0) return [`  frame ${pfn.toString(16)} was never allocated`];
    return events.map(({ step, what, pfn: first, nrPages, stack, times = 1 }) => {
      const request = nrPages === 1 ? '' : ` with ${nrPages} pages from ${first.toString(16)}`;
      const often = times === 1 ? '' : ` ${times} times`;
      return `  frame ${pfn.toString(16)} ${what}${often} in step ${step + 1}${request}: ${stackText(stack)}`;
    });
  });
  return [`finding  step ${step + 1}: ${invariant}: ${text}`, ...lives];
}

/** What a failed allocation left behind. */
export function failedAllocationLines({ allocation, step, order, stack, ret, findings }: FailedAllocation): string[] {
  const pages = 2 ** order;
  return [
    `allocation ${allocation}, step ${step + 1}, ${pages} ${pages === 1 ? 'page' : 'pages'}${returned(ret)}: ${stackText(stack)}`,
    ...findings.map((finding) => `  step ${finding.step + 1}: ${finding.invariant}: ${finding.text}`),
  ];
}

const returned = (ret: StepResult['ret']): string => (ret === null ? '' : ` -> ${ret}`);

/**
 * A whole run, or one step of it.
 * @param only index of the step to print, from 0; all if undefined
 */
export function runReportText(
  scenario: Scenario,
  results: readonly StepResult[],
  findings: readonly Finding[],
  histories: ReadonlyMap<number, readonly FrameEvent[]>,
  only: number | undefined,
): string {
  const { config, release } = scenario.machine;
  const head = `${scenario.title ?? scenario.name}: ${config.arch} ${release.name}, ${sizeText(config.pageSize)} pages, struct page ${config.structPageSize} bytes`;
  const blocks = results.flatMap((result, i) => {
    if (only !== undefined && only !== i) return [];
    const step = scenario.steps[i]!;
    return [
      `step ${i + 1}  ${stepText(step, config.pageSize)}${returned(result.ret)}\n${stateLines(result).join('\n')}`,
    ];
  });
  const verdict =
    findings.length === 0 ? 'no findings' : findings.flatMap((finding) => findingLines(finding, histories)).join('\n');
  return [head, ...blocks, verdict].join('\n\n');
}
