// SPDX-License-Identifier: GPL-2.0-only

/** What an exploration takes: it is not the same from one run to the next. */
const EFFORT = ['steps', 'walks', 'seconds', 'cpuSeconds', 'statesPerSecond', 'stepsPerCpuSecond', 'bytesPerState'];

/** What `vmemmap explore --json` or `vmemmap merge --json` says was found, without what it took. */
export function found(text: string): Record<string, unknown> {
  const result = JSON.parse(text) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(result).filter(([name]) => !EFFORT.includes(name)));
}
