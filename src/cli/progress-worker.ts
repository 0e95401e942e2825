// SPDX-License-Identifier: GPL-2.0-only

import { workerData } from 'node:worker_threads';
import { ProgressLine } from './progress-line.js';

/** Shows how far things are while the other thread works and has no time for it. */

/** Milliseconds before anything is said, and between two looks. */
const SAYS_AFTER = 800;
const LOOKS_EVERY = 100;

const { shared, fd } = workerData as Pick<ProgressLine, 'shared' | 'fd'>;
const line = new ProgressLine(shared, fd);
let since: number | undefined;
setInterval(() => {
  if (!line.isAtWork) {
    since = undefined;
    return;
  }
  since ??= performance.now();
  const milliseconds = performance.now() - since;
  if (milliseconds >= SAYS_AFTER) line.show(milliseconds);
}, LOOKS_EVERY);
