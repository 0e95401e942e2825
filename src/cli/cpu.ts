// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { CONFIDENCES, type Confidence } from '../cycles/figure.js';
import { figuresOf, type CacheProfile, type NamedFigure, type TlbProfile } from '../cycles/profile.js';
import { parsePrimitives, profileOf } from '../measure/rows.js';
import { measurePrimitives } from '../measure/run.js';
import { sizeText } from '../report/text.js';
import { InputError } from '../scenario/load.js';
import { EXIT_OK } from './exit-codes.js';
import { findCpu, registeredCpus, type RegisteredCpu } from './named-cpu.js';
import { outputText, writeResult } from './output.js';
import { packageRoot } from './package-root.js';
import { styled } from './terminal.js';

const NAME_WIDTH = 22;
const FIGURE_WIDTH = 26;

/** How many figures there are of each confidence. */
function tally(figures: readonly NamedFigure[]): Partial<Record<Confidence, number>> {
  const counts: Partial<Record<Confidence, number>> = {};
  for (const { confidence } of figures) counts[confidence] = (counts[confidence] ?? 0) + 1;
  return counts;
}

function listLine({ arch, profile }: RegisteredCpu): string {
  const counts = tally(figuresOf(profile));
  const known = CONFIDENCES.filter((c) => counts[c] !== undefined).map((c) => `${counts[c]!} ${c}`);
  return `  ${profile.name.padEnd(NAME_WIDTH)}${arch.padEnd(8)}${profile.title}\n${' '.repeat(NAME_WIDTH + 2)}${known.join(', ')}`;
}

function figureLine({ name, value, unit, confidence, source, range }: NamedFigure): string {
  const ends = range === undefined ? '' : ` (${range[0]} to ${range[1]})`;
  return `  ${`${name} `.padEnd(FIGURE_WIDTH)}${`${value} ${unit}${ends} `.padEnd(36)}${confidence.padEnd(11)}${source}`;
}

const waysText = ({ entries, ways }: TlbProfile): string =>
  ways === entries ? `${entries} entries, any page anywhere` : `${entries} entries, ${ways}-way`;

const cacheLine = ({ name, size, ways, confidence, source }: CacheProfile, lineSize: number): string =>
  `  ${name.padEnd(FIGURE_WIDTH)}${`${sizeText(size)}, ${ways}-way, lines of ${lineSize} B`.padEnd(36)}${confidence.padEnd(11)}${source}`;

const tlbLine = (level: string, tlb: TlbProfile): string =>
  `  ${level.padEnd(FIGURE_WIDTH)}${waysText(tlb).padEnd(36)}${tlb.confidence.padEnd(11)}${tlb.source}; pages of ${tlb.pageSizes.map(sizeText).join(', ')}`;

function profileText({ arch, profile }: RegisteredCpu): string {
  const { linearMap } = profile.tlb;
  return [
    `${styled('bold', profile.name)}  ${profile.title}, ${arch}`,
    `  flags: ${profile.flags.join(', ') || 'none that matters'}`,
    '',
    ...profile.caches.map((cache) => cacheLine(cache, profile.lineSize)),
    ...profile.tlb.first.map((tlb) => tlbLine('D-TLB, first level', tlb)),
    ...profile.tlb.second.map((tlb) => tlbLine('TLB, second level', tlb)),
    `  ${'linear map'.padEnd(FIGURE_WIDTH)}${`leaves of ${sizeText(linearMap.leafSize)}`.padEnd(36)}${linearMap.confidence.padEnd(11)}${linearMap.source}`,
    '',
    ...figuresOf(profile).map(figureLine),
  ].join('\n');
}

/** The measuring program, where the package has it. */
const PRIMITIVES = join('src', 'measure', 'primitives.c');
const SECONDS = { least: 5, usual: 60, most: 3600 };

/** `vmemmap cpu --measure`: a profile of this machine, for `--cpu FILE`. Returns the exit code. */
function measureCpu({ seconds, output }: CpuOptions): number {
  const time = seconds === undefined ? SECONDS.usual : Number(seconds);
  if (!(time >= SECONDS.least && time <= SECONDS.most)) {
    throw new InputError(`--seconds is ${seconds ?? ''}; allowed are ${SECONDS.least} to ${SECONDS.most}`);
  }
  const printed = measurePrimitives(join(packageRoot(), PRIMITIVES), time);
  const profile = profileOf(parsePrimitives(printed), new Date().toISOString().slice(0, 'YYYY-MM-DD'.length));
  writeResult(JSON.stringify(profile, null, 2), output);
  return EXIT_OK;
}

export interface CpuOptions {
  json?: true;
  measure?: true;
  seconds?: string;
  output?: string;
}

/** `vmemmap cpu`: all CPUs, or every figure of one. Returns the exit code. */
export function cpu(name: string | undefined, options: CpuOptions): number {
  if (options.measure) return measureCpu(options);
  const chosen = name === undefined ? registeredCpus() : [findCpu(name)];
  if (options.json) {
    const cpus = chosen.map(({ arch, profile }) => ({ arch, ...profile, figures: figuresOf(profile) }));
    writeResult(outputText({ schema: 'vmemmap/cpu/v1', cpus }), undefined);
  } else {
    writeResult(
      name === undefined ? ['CPUs', ...chosen.map(listLine)].join('\n') : chosen.map(profileText).join('\n'),
      undefined,
    );
  }
  return EXIT_OK;
}
