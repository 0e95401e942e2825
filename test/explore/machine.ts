// SPDX-License-Identifier: GPL-2.0-only

import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAIN } from '../cli/cli.js';

/** One machine that stands for those of a CI matrix or a cluster: the commands that they have, and folders to run in. */

/** In a clone `npx vmemmap` is the command line that was built, and nothing else is asked of npx. */
const NPX = `#!/bin/sh
[ "$1" = vmemmap ] || exit 127
shift
exec "${process.execPath}" "${MAIN}" "$@"
`;
/** The clone that the tests are in is installed. */
const NPM = `#!/bin/sh
[ "$*" = ci ] || exit 127
`;

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'vmemmap-machine-'));

/** A folder with the commands, for the front of PATH. */
function commands(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'npx'), NPX);
  writeFileSync(join(folder, 'npm'), NPM);
  copyFileSync(join(import.meta.dirname, 'sbatch.sh'), join(folder, 'sbatch'));
  for (const name of ['npx', 'npm', 'sbatch']) chmodSync(join(folder, name), 0o755);
  mkdirSync(join(folder, 'jobs'));
  return folder;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a script by a shell.
 * @param cwd folder to run in
 * @param env variables besides those that are there
 */
export function runScript(
  shell: readonly [string, ...string[]],
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const [file, ...options] = shell;
  const folder = commands();
  const whole = {
    ...process.env,
    ...env,
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    SBATCH_JOBS: join(folder, 'jobs'),
    LC_ALL: 'C',
  };
  return new Promise((resolve) => {
    execFile(file, [...options, '-c', script], { cwd, env: whole }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
