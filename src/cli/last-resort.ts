// SPDX-License-Identifier: GPL-2.0-only

import { EXIT_DEFECT, EXIT_USAGE } from './exit-codes.js';
import { packageVersion } from './package-root.js';

/** What happens where no command has an answer: output that nobody takes, and defects of this program. */

/** Ends the program where standard output cannot be written: quietly where nobody reads on, with a sentence on a full disk. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`vmemmap: standard output cannot be written (${error.code ?? error.message})\n`);
    process.exit(EXIT_USAGE);
  });
  // Nothing is left to say it to.
  process.stderr.on('error', () => process.exit());
  // A file that grows beyond `ulimit -f` is an error of the write and not the end of the program.
  process.on('SIGXFSZ', () => undefined);
}

/** The version, for a report: the defect may be that the package is gone. */
function knownVersion(): string {
  try {
    return packageVersion();
  } catch {
    return '(version not known)';
  }
}

/** The sentence and the stack of a defect. */
export function defectText(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const ask =
    'this is a defect of vmemmap, not of its input; please report it with the command, its input and what follows';
  return `vmemmap: ${ask}\nvmemmap ${knownVersion()}, Node.js ${process.version}\n${stack}\n`;
}

/** What no command answers is a defect of this program: it says so, shows where, and ends with 70. */
export function reportDefects(): void {
  process.on('uncaughtException', (error) => {
    process.stderr.write(defectText(error));
    process.exit(EXIT_DEFECT);
  });
}
