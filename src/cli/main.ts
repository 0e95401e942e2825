#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-only

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepCompiledCode } from './compiled-code.js';
import { reportDefects, watchOutput } from './last-resort.js';

/** `vmemmap` as a process. */

watchOutput();
reportDefects();
// It counts for what is loaded from here on.
keepCompiledCode(dirname(fileURLToPath(import.meta.url)));
void import('./program.js').then(({ main }) => main(process.argv.slice(2)));
