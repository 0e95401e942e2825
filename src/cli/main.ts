#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-only

import * as nodeModule from 'node:module';
import { reportDefects, watchOutput } from './last-resort.js';

/** `vmemmap` as a process. */

watchOutput();
reportDefects();
// Node.js 22 and later keep what they compiled; it counts for what is loaded from here on.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const { main } = await import('./program.js');
await main(process.argv.slice(2));
