// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { PMD } from '../hardware/page-table.js';
import { RECORDED_RELEASES } from '../history/releases.js';
import { pfnToPage } from '../kernel/kernel.js';
import { sizeText } from '../report/text.js';
import { readWith } from '../scenario/load.js';
import { captureRun, type Run, runScenario, runStep, startRun } from '../scenario/runner.js';
import { resolveScenario } from '../scenario/scenario.js';
import { type ScenarioFile, scenarioSchema } from '../scenario/schema.js';
import { usedRuns } from '../scenario/state.js';
import { AddressText, vmemmapWindow, walkVmemmap } from '../kernel/vmemmap-view.js';
import { verifyFile } from '../recordings/verify.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { writeResult } from './output.js';
import { packageRoot } from './package-root.js';
import { styled } from './terminal.js';

/** `vmemmap story`: what the emulator is for, on one screen, from a scenario file that anyone can run. */

const STORY = join(packageRoot(), 'src', 'story');
const SCENARIO = join(STORY, 'partial-pmd.json');
const RECORDING = join(STORY, 'x86_64-6.12.117-custom-sp56-dimm-recycled-leaf.json.gz');

/** Characters in the picture of one leaf: 64 KiB each. */
const STRIP_WIDTH = 32;

/** What each step of the scenario shows. */
const TELLING = [
  'Section A is added. Its memmap ends inside the leaf: the rest is remembered as unused, no byte is written.',
  'Section B is added. It starts just where the unused range starts, so the leaf is shared and still nothing is written.',
  'B goes online: its struct pages are initialised.',
  "A is removed. The shared leaf is not freed: A's part of it is filled with 0xFD and B's part found in use.",
  'B is removed. Now all of the shared leaf is 0xFD, and it goes; so does the empty table.',
];

/** One leaf as a strip: `#` used, `.` filled with 0xFD, `~` remembered as unused but not written. */
function leafStrip(run: Run, start: number): string {
  const { kernel } = run;
  const window = vmemmapWindow(kernel);
  const leaf = walkVmemmap(kernel, window).leaves.find((l) => l.start === start && l.level === PMD);
  if (leaf === undefined) return ' '.repeat(STRIP_WIDTH);
  const runs = usedRuns(kernel, leaf) ?? [{ used: true, from: 0, to: leaf.size }];
  const pending = kernel.code.unusedStart() - leaf.start;
  const piece = leaf.size / STRIP_WIDTH;
  return Array.from({ length: STRIP_WIDTH }, (_, i) => {
    const at = i * piece;
    if (pending > 0 && pending < leaf.size && at >= pending) return '~';
    return runs.find((r) => at >= r.from && at < r.to)?.used === false ? '.' : '#';
  }).join('');
}

function tellStep(run: Run, index: number, text: AddressText): string[] {
  const step = run.scenario.steps[index]!;
  const result = captureRun(run, runStep(run, step));
  const first = pfnToPage(run.kernel, 0x100000);
  const { pmdSize } = run.kernel.platform;
  const strips = [0, 1].map((n) => {
    const start = first + n * pmdSize;
    return `  ${text.of(start)} |${leafStrip(run, start)}|`;
  });
  const marked = result.counters['unusedBytes'] ?? 0;
  return [
    `${styled('bold', `${index + 1}. ${step.op}`)}  ${TELLING[index]!}`,
    ...strips,
    styled('dim', `  ram ${result.ram.pages} pages, marked unused ${sizeText(marked)} so far`),
  ];
}

/** What is left after the last step, release by release. */
function releaseLines(file: ScenarioFile): string[] {
  return RECORDED_RELEASES.map((release) => {
    const results = runScenario(resolveScenario(file, { release }));
    const last = results[results.length - 1]!;
    const leaks = last.leaks.length === 0 ? 'nothing leaks' : `leaks ${last.leaks.join(', ')}`;
    return `  ${release.name.padEnd(10)} ${leaks}; ${last.ram.pages} page of tables stays (4-level kernels keep the PUD table)`;
  });
}

/** Returns the exit code. */
export function story(): number {
  const file = readWith(scenarioSchema, SCENARIO);
  const scenario = resolveScenario(file);
  const run = startRun(scenario);
  const text = new AddressText(scenario.machine.config.vmemmapBase);
  const told = scenario.steps.flatMap((_, index) => [...tellStep(run, index, text), '']);
  const verdict = verifyFile(RECORDING);
  const [failure] = verdict.failures;
  writeResult(
    [
      styled('bold', `${scenario.title ?? scenario.name}: x86_64, struct page of 56 bytes`),
      'The memmap of a 128 MiB section takes 1.75 MiB, a PMD leaf is 2 MiB: neighbours share leaves.',
      "Each strip is one leaf, 64 KiB a character: '#' used, '.' filled with 0xFD, '~' unused but not written yet.",
      '',
      ...told,
      'What each release leaves behind:',
      ...releaseLines(file),
      '',
      'The same leaf on a booted 6.12.117, plugged, unplugged and plugged again: old 0xFD bytes come back with the',
      'recycled frame, and the leaf goes with section A although B, not online yet, still needs it.',
      failure === undefined
        ? `  ${styled('green', 'agrees')}: the emulator has every leaf, table and marker of the recording, the lost mapping too`
        : `  ${styled('red', 'differs')} at step ${failure.step + 1}: ${failure.field}`,
      '',
      'Run it yourself: npx vmemmap run src/story/partial-pmd.json',
    ].join('\n'),
    undefined,
  );
  return failure === undefined ? EXIT_OK : EXIT_FINDING;
}
