// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runScript, temporaryFolder } from './machine.js';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', '..', 'src', 'check', 'explore', 'README.md'), 'utf8');
const PROMPT = '$ ';
/** Stands for one line and more that are left out. */
const ELISION = '…';
const MARK = '--- the next command ---';

/** Commands of the page, each with what it is said to print. */
const shown = [...PAGE.matchAll(/^```console\n([\s\S]*?)^```$/gm)]
  .flatMap(([, block]) => block!.split(`\n${PROMPT}`))
  .map((text) => {
    const [command, ...output] = text.split('\n');
    return { command: command!.replace(PROMPT, ''), output: output.join('\n').trimEnd() };
  });

/** What the commands print, run by one shell in one folder. */
async function printed(): Promise<string[]> {
  // A mark keeps the exit code of the command before it.
  const mark = `mark() { code=$?; echo '${MARK}'; return $code; }`;
  const script = ['exec 2>&1', mark, ...shown.map(({ command }) => `mark; ${command}`)].join('\n');
  const { stdout } = await runScript(['sh'], script, temporaryFolder());
  return stdout
    .split(`${MARK}\n`)
    .slice(1)
    .map((text) => text.trimEnd());
}

describe('the page on exploring', () => {
  const outputs = printed();

  test.each(shown.map((each, i) => ({ ...each, i })))('shows what is printed: $command', async ({ output, i }) => {
    const text = (await outputs)[i]!;
    if (!output.includes(ELISION)) expect(text).toBe(output);
    else {
      const [before = '', after = ''] = output.split(`${ELISION}\n`);
      expect(text.startsWith(before) && text.endsWith(after)).toBe(true);
      expect(text.length).toBeGreaterThan(before.length + after.length);
    }
  });
});
